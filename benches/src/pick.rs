//! Which of many endpoints takes an attempt: the mesh's choice beside tower's `Balance`.
//!
//! One pick of the mesh reads the set of endpoints, chooses, takes hold of what was chosen and counts an attempt there for a moment. One
//! of tower's is a `poll_ready` and a `call` of `Balance` over `PendingRequests` around a service that answers at once: the choice cannot
//! be had without them, and there, too, an attempt is counted. tonic's `balance_list` is that `Balance` behind a `Buffer`.

use std::{
    future::poll_fn,
    hint::black_box,
    net::{Ipv4Addr, SocketAddr},
};

use mesh_core::balance::Algorithm;
use mesh_tower::{
    Mesh, Seed, Target,
    test_util::{MemoryNetwork, Steps},
};
use tower::{
    Service,
    balance::p2c::Balance,
    discover::ServiceList,
    load::{CompleteOnResponse, PendingRequests},
};

use crate::{
    Error,
    answer::Answer,
    operation::{Operation, at_once},
};

/// All that are measured. Needs a runtime only to start meshes.
///
/// # Errors
/// A mesh does not start.
pub async fn operations() -> Result<Vec<Operation>, Error> {
    let mut operations = Vec::new();
    for endpoints in ENDPOINTS {
        operations.push(of_tower(endpoints));
        for algorithm in [Algorithm::LeastRequest, Algorithm::RoundRobin] {
            operations.push(Picker::start(endpoints, algorithm).await?.operation(""));
        }
    }
    for algorithm in [Algorithm::LeastRequest, Algorithm::RoundRobin] {
        let picker = Picker::start(MANY, algorithm).await?;
        picker.steps.try_at(addr(0));
        operations.push(picker.operation("_tried"));
        let picker = Picker::start(MANY, algorithm).await?;
        for out in 0..MANY / 2 {
            picker.mesh.eject(HOST, addr(out))?;
        }
        operations.push(picker.operation("_half_ejected"));
    }
    Ok(operations)
}

fn of_tower(endpoints: u32) -> Operation {
    let service = |_| PendingRequests::new(Answer, CompleteOnResponse::default());
    let services: Vec<_> = (0..endpoints).map(service).collect();
    let mut balance = Balance::new(ServiceList::new::<()>(services));
    Operation::new("tower", format!("p2c_{endpoints}"), move || {
        let ready = at_once(poll_fn(|cx| balance.poll_ready(cx)));
        ready.expect("nothing fails");
        let answered = at_once(balance.call(()));
        drop(black_box(answered));
    })
}

/// A mesh with endpoints that nobody connects to, and a request that picks among them.
struct Picker {
    steps: Steps,
    mesh: Mesh,
    name: String,
}

impl Picker {
    async fn start(endpoints: u32, algorithm: Algorithm) -> Result<Self, Error> {
        let target = Target::dns(HOST).balance(algorithm);
        let mut builder = Mesh::builder()
            .service(format!("{HOST}:8080").as_str(), target)
            .network(&MemoryNetwork::new());
        for number in 0..endpoints {
            builder = builder.endpoint(HOST, addr(number));
        }
        let mesh = builder.start().await?;
        let steps = Steps::of(&mesh, HOST, Seed(7)).ok_or("the mesh does not know its service")?;
        let algorithm = match algorithm {
            Algorithm::LeastRequest => "p2c",
            _ => "round_robin",
        };
        Ok(Self {
            steps,
            mesh,
            name: format!("{algorithm}_{endpoints}"),
        })
    }

    fn operation(self, state: &str) -> Operation {
        let name = format!("{}{state}", self.name);
        Operation::new("mesh", name, move || {
            let picked = black_box(&self).steps.pick();
            black_box(picked);
        })
    }
}

fn addr(number: u32) -> SocketAddr {
    let ip = Ipv4Addr::from_bits(u32::from_be_bytes([10, 0, 0, 0]) + number);
    SocketAddr::from((ip, 8080))
}

const HOST: &str = "called.bench.local";
/// Among how many endpoints whole calls choose.
pub const CALLED: [usize; 2] = [2, 100];
const ENDPOINTS: [u32; 4] = [2, 10, 100, 1_000];
const MANY: u32 = 1_000;
