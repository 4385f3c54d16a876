// SPDX-License-Identifier: BSD-2-Clause
// The echo server of Rust's tutorials, standard library only: a thread for each connection. Prints its port.
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

fn echo(mut stream: TcpStream) {
    let mut buffer = vec![0; 65536];
    let _ = stream.set_nodelay(true);
    while let Ok(size) = stream.read(&mut buffer) {
        if size == 0 || stream.write_all(&buffer[..size]).is_err() {
            break;
        }
    }
}

fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    for stream in listener.incoming().flatten() {
        let _ = thread::Builder::new().stack_size(128 * 1024).spawn(move || echo(stream));
    }
}
