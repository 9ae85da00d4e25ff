//! A tonic service that says who calls it. Tokens are judged by a layer before any message is read, and those who are
//! not let in get a gRPC status. Without arguments it shows itself with an issuer of the test kit.
//!
//! Tokens are secrets: put TLS in front of it, or keep it on loopback.

mod common;

use claimant::k8s::tower::{AuthnLayer, GrpcStatus};
use claimant::{Authenticated, Authenticator};
use claimant_testkit::Issuer;
use common::Failure;
use std::process::ExitCode;
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Server};
use tonic::{Code, Request, Response, Status};

const USAGE: &str = "usage: tonic-service [CONFIGURATION [ADDRESS]]

CONFIGURATION is an AuthenticationConfiguration. The service is claimant.example.WhoAmI, its method Get takes a
google.protobuf.Empty and answers with a google.protobuf.StringValue.";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        [] => tour().await,
        ["--help"] => {
            println!("{USAGE}");
            Ok(())
        }
        [configuration] => run(configuration, "127.0.0.1:50051").await,
        [configuration, address] => run(configuration, address).await,
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("tonic-service: {why}");
            ExitCode::FAILURE
        }
    }
}

/// The method of the service: the user stands in the extensions of the request.
async fn get(request: Request<()>) -> Result<Response<String>, Status> {
    // Only where no layer has judged the request, which is our fault.
    let who =
        request.extensions().get::<Authenticated>().ok_or_else(|| Status::internal("nobody was authenticated"))?;
    Ok(Response::new(who.user.username.clone()))
}

async fn run(configuration: &str, address: &str) -> Result<(), Failure> {
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    serve(listener, common::from_file(configuration)?).await
}

async fn serve(listener: TcpListener, tokens: impl Authenticator + 'static) -> Result<(), Failure> {
    let layer = AuthnLayer::enforce(tokens).with_rejections(GrpcStatus);
    let server = Server::builder().layer(layer).add_service(who_am_i::WhoAmI);
    Ok(server.serve_with_incoming(TcpIncoming::from(listener)).await?)
}

/// Calls with a good token, with one for somebody else, with none, and while the keys are out of reach.
async fn tour() -> Result<(), Failure> {
    let issuer = Issuer::start()?;
    let tokens = common::from_issuer(&issuer).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(serve(listener, tokens));
    let channel = Channel::from_shared(url)?.connect().await?;

    let good = issuer.id_token("jane", &[], &issuer.options("my-service"))?;
    let elsewhere = issuer.id_token("jane", &[], &issuer.options("another-service"))?;
    call(channel.clone(), "a good token", Some(&good), Code::Ok).await?;
    call(channel.clone(), "a token for another service", Some(&elsewhere), Code::Unauthenticated).await?;
    call(channel, "no token", None, Code::Unauthenticated).await
}

async fn call(channel: Channel, what: &str, token: Option<&str>, expected: Code) -> Result<(), Failure> {
    let mut request = Request::new(());
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse()?);
    }
    let outcome = who_am_i::call(channel, request).await;
    let code = outcome.as_ref().map_or_else(Status::code, |_| Code::Ok);
    match outcome {
        Ok(answer) => println!("{what}: {}", answer.into_inner()),
        Err(status) => println!("{what}: {:?}: {}", status.code(), status.message()),
    }
    if code == expected { Ok(()) } else { Err(format!("expected {expected:?} of {what}").into()) }
}

/// What tonic's generator makes of the service's definition, written by hand so that the example needs no `protoc`:
/// in a service of yours it is generated.
mod who_am_i {
    use std::convert::Infallible;
    use std::task::{Context, Poll};
    use tonic::body::Body;
    use tonic::codegen::http::uri::PathAndQuery;
    use tonic::codegen::{BoxFuture, Service, http};
    use tonic::server::{Grpc, NamedService, UnaryService};
    use tonic::transport::Channel;
    use tonic::{Request, Response, Status};
    use tonic_prost::ProstCodec;

    const METHOD: &str = "/claimant.example.WhoAmI/Get";

    #[derive(Clone)]
    pub struct WhoAmI;

    impl NamedService for WhoAmI {
        const NAME: &'static str = "claimant.example.WhoAmI";
    }

    struct Get;

    impl UnaryService<()> for Get {
        type Response = String;
        type Future = BoxFuture<Response<String>, Status>;

        fn call(&mut self, request: Request<()>) -> Self::Future {
            Box::pin(super::get(request))
        }
    }

    impl Service<http::Request<Body>> for WhoAmI {
        type Response = http::Response<Body>;
        type Error = Infallible;
        type Future = BoxFuture<Self::Response, Infallible>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: http::Request<Body>) -> Self::Future {
            Box::pin(async move {
                if request.uri().path() != METHOD {
                    return Ok(Status::unimplemented("there is only Get").into_http());
                }
                Ok(Grpc::new(ProstCodec::<String, ()>::default()).unary(Get, request).await)
            })
        }
    }

    pub async fn call(channel: Channel, request: Request<()>) -> Result<Response<String>, Status> {
        let mut client = tonic::client::Grpc::new(channel);
        client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        client.unary(request, PathAndQuery::from_static(METHOD), ProstCodec::<(), String>::default()).await
    }
}
