//! A real name server on loopback, by UDP and TCP, whose zone the test rewrites while it runs.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
};

use hickory_proto::{
    op::{Message, OpCode, ResponseCode},
    rr::{
        Name, RData, Record, RecordType,
        rdata::{A, AAAA, CNAME},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
    task::JoinHandle,
};

/// What is said about a name, whichever family is asked for: addresses of the other family are "no data".
#[derive(Clone, Debug)]
pub(super) enum Say {
    Addresses(Vec<IpAddr>, u32),
    /// Another name's addresses, behind an alias.
    Alias(&'static str, Vec<IpAddr>, u32),
    /// By UDP, that the answer is too long; by TCP, the answer.
    TooLong(Vec<IpAddr>, u32),
    /// IPv4 addresses, and a failure whenever IPv6 is asked for.
    FailingIpv6(Vec<IpAddr>, u32),
    /// IPv4 addresses, of which the first question is lost; and nothing whenever IPv6 is asked for.
    SilentIpv6(Vec<IpAddr>, u32),
    Code(ResponseCode),
    Silence,
    Garbage,
}

/// Ends when dropped. A name that is not in the zone does not exist.
pub(super) struct NameServer {
    pub(super) addr: SocketAddr,
    zone: Arc<Zone>,
    tasks: [JoinHandle<()>; 2],
}

#[derive(Default)]
struct Zone {
    names: Mutex<BTreeMap<String, Say>>,
    asked: Mutex<Vec<(String, RecordType, By)>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum By {
    Udp,
    Tcp,
}

impl NameServer {
    pub(super) async fn start() -> Self {
        let (udp, tcp, addr) = loop {
            let udp = UdpSocket::bind("127.0.0.1:0")
                .await
                .expect("loopback can be bound");
            let addr = udp.local_addr().expect("a bound socket has an address");
            // A port that is free for the one may be taken for the other.
            if let Ok(tcp) = TcpListener::bind(addr).await {
                break (udp, tcp, addr);
            }
        };
        let zone = Arc::<Zone>::default();
        let tasks = [
            tokio::spawn(by_udp(udp, zone.clone())),
            tokio::spawn(by_tcp(tcp, zone.clone())),
        ];
        Self { addr, zone, tasks }
    }

    /// Says this of a name from now on; a full name, with its dot.
    pub(super) fn say(&self, name: &str, say: Say) {
        let mut names = self.zone.names.lock().expect("no panic held it");
        names.insert(name.to_owned(), say);
    }

    /// Says that the name does not exist.
    pub(super) fn forget(&self, name: &str) {
        self.zone
            .names
            .lock()
            .expect("no panic held it")
            .remove(name);
    }

    /// Every question that came, in order.
    pub(super) fn asked(&self) -> Vec<(String, RecordType, By)> {
        self.zone.asked.lock().expect("no panic held it").clone()
    }

    /// How often it was asked for this name's IPv4 addresses.
    pub(super) fn asked_for(&self, name: &str) -> usize {
        let asked = self.asked().into_iter();
        let by_name = asked.filter(|(asked, kind, _)| asked == name && *kind == RecordType::A);
        by_name.count()
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn by_udp(socket: UdpSocket, zone: Arc<Zone>) {
    let mut datagram = [0; 4096];
    loop {
        let (length, from) = socket
            .recv_from(&mut datagram)
            .await
            .expect("loopback works");
        if let Some(answer) = zone.answer(&datagram[..length], By::Udp) {
            socket.send_to(&answer, from).await.expect("loopback works");
        }
    }
}

async fn by_tcp(listener: TcpListener, zone: Arc<Zone>) {
    loop {
        let (stream, _) = listener.accept().await.expect("loopback works");
        let zone = zone.clone();
        // Whoever hangs up has asked enough.
        tokio::spawn(async move { conversation(stream, &zone).await.ok() });
    }
}

async fn conversation(mut stream: TcpStream, zone: &Zone) -> std::io::Result<()> {
    loop {
        let mut question = vec![0; stream.read_u16().await?.into()];
        stream.read_exact(&mut question).await?;
        if let Some(answer) = zone.answer(&question, By::Tcp) {
            let length = u16::try_from(answer.len()).expect("the tests' answers fit");
            stream.write_u16(length).await?;
            stream.write_all(&answer).await?;
        }
    }
}

impl Zone {
    fn answer(&self, question: &[u8], by: By) -> Option<Vec<u8>> {
        let question = Message::from_vec(question).expect("the resolver writes messages");
        let query = question.queries.first().expect("a question").clone();
        let (name, kind) = (query.name().to_string(), query.query_type());
        let first = {
            let mut asked = self.asked.lock().expect("no panic held it");
            let asking = (name.clone(), kind, by);
            let first = !asked.contains(&asking);
            asked.push(asking);
            first
        };
        let say = self
            .names
            .lock()
            .expect("no panic held it")
            .get(&name)
            .cloned();
        let mut answer = Message::response(question.metadata.id, OpCode::Query);
        answer.add_query(query.clone());
        match say {
            None => answer.metadata.response_code = ResponseCode::NXDomain,
            Some(Say::Code(code)) => answer.metadata.response_code = code,
            Some(Say::Silence) => return None,
            Some(Say::SilentIpv6(..)) if kind == RecordType::AAAA || first => return None,
            Some(Say::Garbage) => return Some(vec![0xff; 40]),
            Some(Say::TooLong(..)) if by == By::Udp => answer.metadata.truncation = true,
            Some(Say::FailingIpv6(..)) if kind == RecordType::AAAA => {
                answer.metadata.response_code = ResponseCode::ServFail;
            }
            Some(
                Say::Addresses(ips, ttl)
                | Say::TooLong(ips, ttl)
                | Say::FailingIpv6(ips, ttl)
                | Say::SilentIpv6(ips, ttl),
            ) => {
                answer.add_answers(records(query.name(), kind, &ips, ttl));
            }
            Some(Say::Alias(of, ips, ttl)) => {
                let of = Name::from_ascii(of).expect("a name");
                let alias = RData::CNAME(CNAME(of.clone()));
                answer.add_answer(Record::from_rdata(query.name().clone(), ttl, alias));
                answer.add_answers(records(&of, kind, &ips, ttl));
            }
        }
        Some(answer.to_vec().expect("an answer can be written"))
    }
}

fn records(name: &Name, kind: RecordType, ips: &[IpAddr], ttl: u32) -> Vec<Record> {
    let data = ips.iter().filter_map(|ip| match (ip, kind) {
        (IpAddr::V4(ip), RecordType::A) => Some(RData::A(A(*ip))),
        (IpAddr::V6(ip), RecordType::AAAA) => Some(RData::AAAA(AAAA(*ip))),
        _ => None,
    });
    data.map(|data| Record::from_rdata(name.clone(), ttl, data))
        .collect()
}
