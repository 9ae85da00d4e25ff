//! Bars: one panel per algorithm, one bar per contender, as long as its fastest turn.

use crate::contender::Kind;
use crate::fixture::Subject;
use crate::report::Table;
use std::fmt::Write;

const WIDTH: f64 = 900.0;
const LABEL: f64 = 290.0;
const ROW: f64 = 16.0;
const HEAD: f64 = 34.0;

/// The picture of one token.
pub fn render(subject: Subject, tables: &[&Table]) -> String {
    let mut body = String::new();
    let mut top = 10.0;
    for table in tables {
        top = panel(&mut body, table, top);
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {top}\" font-family=\"sans-serif\" \
         font-size=\"11\">\n<title>Microseconds per verification, {}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{body}</svg>\n",
        subject.name()
    )
}

/// Draws one table from `top` on and says where it ends.
fn panel(body: &mut String, table: &Table, top: f64) -> f64 {
    let title = top + 20.0;
    writeln!(body, "<text x=\"10\" y=\"{title}\" font-size=\"14\" font-weight=\"bold\">{}</text>", table.algorithm)
        .unwrap();
    let longest = table.outcomes.iter().map(|one| one.minimum).fold(1.0, f64::max);
    let mut y = top + HEAD;
    for one in &table.outcomes {
        let length = one.minimum / longest * (WIDTH - LABEL - 90.0);
        let (middle, end) = (y + 11.0, LABEL + length + 5.0);
        writeln!(
            body,
            "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\">{}</text>\
             <rect x=\"{LABEL}\" y=\"{y}\" width=\"{length:.1}\" height=\"13\" fill=\"{}\"/>\
             <text x=\"{end:.1}\" y=\"{middle}\">{:.2} µs</text>",
            LABEL - 6.0,
            escape(&one.name),
            color(one.kind),
            one.minimum / 1000.0,
        )
        .unwrap();
        y += ROW;
    }
    y + 10.0
}

fn color(kind: Kind) -> &'static str {
    match kind {
        Kind::Bare => "#9aa5b1",
        Kind::Rest => "#7bc4c4",
        Kind::Ours => "#2563eb",
        Kind::Peer => "#f59e0b",
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
