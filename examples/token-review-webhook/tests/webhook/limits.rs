//! Bodies that are long or slow, questions and connections that are too many.

use crate::common::client::{Client, tls};
use crate::common::{AUDIENCE, Bench, question};
use claimant_testkit::Fault;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn a_body_is_not_read_beyond_its_limit() {
    let bench = Bench::new();
    let running = bench.start(&["--max-body-bytes", "4096"]).await;
    running.ready().await;
    let client = running.client().await;
    let answer = client.post(vec![b' '; 4097]).await;
    assert_eq!((answer.status, answer.json()["reason"].as_str()), (413, Some("RequestEntityTooLarge")));
    let mut whole = question("v1", &bench.token("jane"), &[]).to_string();
    whole.push_str(&" ".repeat(4096 - whole.len()));
    assert_eq!(client.post(whole).await.status, 200);

    // In pieces, of which nobody says how many there are.
    let mut stream = tls(running.webhook.address(), &bench.pki, None, b"http/1.1").await.unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n").await.unwrap();
    let piece = format!("400\r\n{}\r\n", " ".repeat(0x400));
    for _ in 0..5 {
        stream.write_all(piece.as_bytes()).await.unwrap();
    }
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 413");
}

#[tokio::test]
async fn a_body_that_does_not_come_takes_nobody_s_place_and_is_given_up() {
    let bench = Bench::new();
    let running = bench.start(&["--max-in-flight", "1"]).await;
    running.ready().await;
    let mut slow = tls(running.webhook.address(), &bench.pki, None, b"http/1.1").await.unwrap();
    slow.write_all(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{").await.unwrap();
    let client = running.client().await;
    assert_eq!(client.ask(&question("v1", &bench.token("jane"), &[])).await.verdict()["authenticated"], true);
    // From here on the runtime's clock runs ahead whenever there is nothing to do.
    tokio::time::pause();
    let mut start = [0; 12];
    slow.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 408");
}

#[tokio::test]
async fn heads_and_handshakes_that_do_not_come_are_given_up() {
    let bench = Bench::new();
    let running = bench.start(&[]).await;
    running.ready().await;
    let mut silent = tokio::net::TcpStream::connect(running.webhook.address()).await.unwrap();
    let mut half = tls(running.webhook.address(), &bench.pki, None, b"http/1.1").await.unwrap();
    half.write_all(b"POST / HTTP/1.1\r\nhost:").await.unwrap();
    tokio::time::pause();
    assert_eq!(silent.read(&mut [0; 1]).await.unwrap_or_default(), 0);
    let mut rest = Vec::new();
    let _ = half.read_to_end(&mut rest).await;
    assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&rest));
}

#[tokio::test]
async fn what_is_too_much_is_shed_and_what_comes_later_is_answered() {
    let bench = Bench::new();
    let running = bench.start(&["--max-in-flight", "1", "--cache-ttl", "0s"]).await;
    running.ready().await;
    let old = question("v1", &bench.token("jane"), &[]);
    bench.clock.pass(7).await;
    bench.issuer.fail(Fault::Hang);
    bench.issuer.rotate().unwrap();
    let client = running.client().await;
    // It waits for its key, and has the only place.
    let new = question("v1", &bench.token("jane"), &[]);
    let others = async {
        running.until("/metrics", |answer| answer.text.contains("token_review_webhook_in_flight 1")).await;
        for _ in 0..3 {
            let shed = client.ask(&old).await;
            assert_eq!((shed.status, shed.header("retry-after")), (503, Some("1")));
            assert_eq!(shed.json()["details"]["retryAfterSeconds"], 1);
        }
        assert_eq!(running.number("token_review_webhook_shed_total").await, 3.0);
        // Probes are answered all the while.
        assert_eq!(running.ops("/readyz").await.status, 200);
        bench.clock.pass(2).await;
    };
    let (waited, ()) = tokio::join!(client.ask(&new), others);
    assert_eq!(waited.status, 503);
    assert_eq!(client.ask(&old).await.verdict()["authenticated"], true);
    assert_eq!(running.number("token_review_webhook_in_flight").await, 0.0);
}

#[tokio::test]
async fn a_crowd_is_served_as_far_as_there_are_places_and_nobody_hangs() {
    let bench = Bench::new();
    let running = bench.start(&["--max-in-flight", "4", "--cache-ttl", "0s"]).await;
    running.ready().await;
    let client = running.client().await;
    let body = question("v1", &bench.token("jane"), &[AUDIENCE]).to_string();
    // From now on it knows how many requests it may have open.
    assert_eq!(client.post(body.clone()).await.status, 200);
    let crowd: Vec<_> = (0..200)
        .map(|_| {
            let (client, body) = (client.clone(), body.clone());
            tokio::spawn(async move { client.post(body).await })
        })
        .collect();
    let (mut served, mut shed) = (0, 0);
    for one in crowd {
        match one.await.unwrap().status {
            200 => served += 1,
            503 => shed += 1,
            other => panic!("{other}"),
        }
    }
    assert_eq!(served + shed, 200);
    assert!(served >= 4 && shed > 0, "{served} {shed}");
    assert_eq!(client.post(body).await.status, 200);
}

#[tokio::test]
async fn connections_beyond_the_limit_are_closed_and_old_ones_end_in_good_order() {
    let bench = Bench::new();
    let running = bench.start(&["--max-connections", "1"]).await;
    running.ready().await;
    let first = running.client().await;
    assert!(Client::connect(running.webhook.address(), &bench.pki, None).await.is_err());
    assert_eq!(running.number("token_review_webhook_connections_refused_total").await, 1.0);
    let body = question("v1", &bench.token("jane"), &[]).to_string();
    assert_eq!(first.post(body.clone()).await.status, 200);

    // Idle time passes: the connection is told to go, and the next one is taken.
    tokio::time::pause();
    let mut gone = false;
    for _ in 0..10_000 {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        if first.try_post("/", "application/json", body.clone()).await.is_err() {
            gone = true;
            break;
        }
    }
    assert!(gone);
    // Its place is free once the server has seen its end.
    drop(first);
    let second = loop {
        if let Ok(client) = Client::connect(running.webhook.address(), &bench.pki, None).await {
            break client;
        }
    };
    assert_eq!(second.post(body).await.status, 200);
}

#[tokio::test]
async fn bodies_that_do_not_end_take_no_more_memory_than_all_may_have() {
    let bench = Bench::new();
    let running = bench.start(&["--max-body-bytes", "4096", "--max-body-memory", "8192"]).await;
    running.ready().await;
    let client = running.client().await;
    let jane = question("v1", &bench.token("jane"), &[]);
    let mut slow = Vec::new();
    for _ in 0..2 {
        let mut stream = tls(running.webhook.address(), &bench.pki, None, b"http/1.1").await.unwrap();
        stream.write_all(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4096\r\n\r\n").await.unwrap();
        stream.write_all(&[b' '; 4095]).await.unwrap();
        slow.push(stream);
    }
    let full = until(&client, &jane, 503).await;
    assert_eq!((full.header("retry-after"), full.json()["reason"].as_str()), (Some("1"), Some("ServiceUnavailable")));
    assert!(running.number("token_review_webhook_shed_total").await >= 1.0);
    assert_eq!(running.ops("/readyz").await.status, 200);
    // The bytes come back with those who held them.
    slow.pop();
    until(&client, &jane, 200).await;
    assert!(bench.try_start(&["--max-body-bytes", "4096", "--max-body-memory", "4095"]).await.is_err());
}

/// Asks until the answer has this code.
async fn until(client: &Client, question: &serde_json::Value, code: u16) -> crate::common::client::Answer {
    for _ in 0..20_000 {
        let answer = client.ask(question).await;
        if answer.status == code {
            return answer;
        }
        tokio::task::yield_now().await;
    }
    panic!("never {code}");
}

#[tokio::test]
async fn an_http_2_connection_has_few_requests_at_once_and_small_windows() {
    let bench = Bench::new();
    let running = bench.start(&[]).await;
    let mut stream = tls(running.webhook.address(), &bench.pki, None, b"h2").await.unwrap();
    // The preface, and settings that set nothing.
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00").await.unwrap();
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(head[3], 4, "the first frame has the settings");
    let mut settings = vec![0; usize::from(head[2])];
    stream.read_exact(&mut settings).await.unwrap();
    // RFC 9113, 6.5.2.
    for (id, value) in [(3_u16, 32_u32), (4, 16 * 1024)] {
        let mut wanted = id.to_be_bytes().to_vec();
        wanted.extend(value.to_be_bytes());
        assert!(settings.chunks(6).any(|one| one == wanted), "{settings:?}");
    }
}
