//! A lean load: keep-alive connections that send one request after another, and note how long each took.

use std::time::{Duration, Instant as Stopwatch};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub struct Figures {
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub failures: usize,
}

/// Sends requests over `connections` for `span`; `request(n)` makes the n-th request's bytes.
pub async fn run(
    port: u16,
    connections: usize,
    span: Duration,
    request: impl Fn(usize) -> Vec<u8> + Send + Sync + Clone + 'static,
) -> Figures {
    let begin = Stopwatch::now();
    let tasks: Vec<_> = (0..connections)
        .map(|lane| {
            let request = request.clone();
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                stream.set_nodelay(true).unwrap();
                let (mut spent, mut failures, mut round) = (Vec::new(), 0, 0);
                let mut buffer = vec![0; 256 * 1024];
                while begin.elapsed() < span {
                    let watch = Stopwatch::now();
                    stream.write_all(&request(round * connections + lane)).await.unwrap();
                    let status = answer(&mut stream, &mut buffer).await;
                    spent.push(watch.elapsed());
                    failures += usize::from(!(200..300).contains(&status));
                    round += 1;
                }
                (spent, failures)
            })
        })
        .collect();
    let (mut all, mut failures) = (Vec::new(), 0);
    for task in tasks {
        let (spent, failed) = task.await.unwrap();
        all.extend(spent);
        failures += failed;
    }
    let seconds = begin.elapsed().as_secs_f64();
    all.sort_unstable();
    let at = |part: f64| all[((all.len() - 1) as f64 * part) as usize].as_secs_f64() * 1000.0;
    Figures { per_second: all.len() as f64 / seconds, p50_ms: at(0.5), p99_ms: at(0.99), failures }
}

async fn answer(stream: &mut TcpStream, buffer: &mut [u8]) -> u16 {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await.unwrap();
        assert!(read > 0, "the server closed the connection");
        filled += read;
        let Some(head_end) = buffer[..filled].windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&buffer[..head_end]).unwrap().to_ascii_lowercase();
        let length: usize = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or(0);
        if filled >= head_end + 4 + length {
            return head[9..12].parse().unwrap();
        }
    }
}

pub fn get(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n").into_bytes()
}

pub fn post(path: &str, token: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
