//! A gateway on a port: writes down every request it received, answers slowly, sometimes not at all.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone)]
pub struct RecordingGateway {
    pub port: u16,
    received: Arc<Mutex<BTreeMap<String, usize>>>,
    delay: Duration,
}

impl RecordingGateway {
    /// Listens for `GET /send?reference=…`; answers each after `delay`.
    pub fn start(delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let gateway = Self { port: listener.local_addr().unwrap().port(), received: Arc::default(), delay };
        let server = gateway.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = server.clone();
                std::thread::spawn(move || server.serve(stream));
            }
        });
        gateway
    }

    /// How often each text was received.
    pub fn received(&self) -> BTreeMap<String, usize> {
        self.received.lock().unwrap().clone()
    }

    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut writer = stream;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let mut header = String::new();
            while reader.read_line(&mut header).unwrap_or(0) > 2 {
                header.clear();
            }
            let text = line.split("text=").nth(1).and_then(|rest| rest.split([' ', '&']).next()).unwrap_or_default();
            *self.received.lock().unwrap().entry(text.to_owned()).or_default() += 1;
            std::thread::sleep(self.delay);
            let answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{\"code\":0}";
            if writer.write_all(answer).is_err() {
                return;
            }
        }
    }
}
