//! Part two: a canary release whose weights shift while traffic runs.

use std::error::Error;

use mesh_core::Config;

use crate::{
    report::{self, Column},
    running::{Running, node},
    services::{ServiceB, service_a},
    telemetry::{self, Recorded, Telemetry},
    template,
    traffic::{Caller, Reply},
};

/// service-a and two versions of service-b, running.
pub(crate) struct Release {
    a: Running,
    v1: Running,
    v2: Running,
    telemetry: Telemetry,
}

impl Release {
    pub(crate) async fn start() -> Result<Self, Box<dyn Error>> {
        println!(
            "2. A canary release: {}\n",
            template::path("canary.yaml").display()
        );
        let config = weighted(90, 10)?;
        let mut telemetry = Telemetry::start()?;
        let mut node = |name| telemetry.of(name, node(&config, name));
        let v1 = Running::start(node(V1), |_| Ok(ServiceB::sound(V1).app())).await?;
        let v2 = Running::start(node(V2), |_| Ok(ServiceB::faulty(V2).app())).await?;
        let a = node(A).endpoint(V1, v1.addr()).endpoint(V2, v2.addr());
        let a = Running::start(a, service_a).await?;
        Ok(Self {
            a,
            v1,
            v2,
            telemetry,
        })
    }

    /// Sends traffic, shifts the weights in the middle of it, and gives the replies.
    pub(crate) async fn shift_under_traffic(&self) -> Result<Vec<Reply>, Box<dyn Error>> {
        print!("{STORY}");
        let caller = Caller::of(self.a.addr())?;
        let shift = async {
            caller.begun(SHIFT_AT).await;
            // The caller's side draws the target, so service-a's mesh is the one to tell.
            self.a.mesh().apply(&weighted(0, 100)?).await?;
            caller.shifted();
            Ok::<_, Box<dyn Error>>(())
        };
        let (replies, shift) = tokio::join!(caller.send(REQUESTS), shift);
        shift?;
        let shifted = |wanted| replies.iter().filter(move |reply| reply.shifted == wanted);
        let columns = [
            Column::of("before the shift", shifted(false)),
            Column::of("after it", shifted(true)),
        ];
        report::print_table(&columns, &[V1, V2]);
        let [_, after] = &columns;
        report::check_shift(after, V1)?;
        report::print_verdict(&replies)?;
        Ok(replies)
    }

    /// Sends some more requests, each in peace: one of them, at least, has to be retried.
    pub(crate) async fn send_in_turn(&self) -> Result<Vec<Reply>, Box<dyn Error>> {
        let replies = Caller::of(self.a.addr())?.send_in_turn(IN_TURN).await;
        report::check(&replies)?;
        Ok(replies)
    }

    /// Shows what the nodes recorded of these requests.
    pub(crate) async fn show_records(&self, replies: &[Reply]) -> Result<Recorded, String> {
        println!("3. What the mesh recorded of it\n");
        for node in [&self.a, &self.v1, &self.v2] {
            node.mesh().flush().await;
        }
        let recorded = self.telemetry.show(replies).await?;
        telemetry::print_metrics(self.a.mesh());
        Ok(recorded)
    }

    pub(crate) fn print_commands(&self) {
        let (a, v2) = (self.a.addr(), self.v2.addr());
        println!("The services stay up. Try, from another terminal:\n");
        println!(
            "   # service-a, which calls service-b-v2 and retries what it refuses: always 200"
        );
        println!("   curl -i http://{a}/");
        println!("   # a trace of your own: both services see its id");
        println!(
            "   curl -i -H 'X-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793' http://{a}/"
        );
        println!("   # what service-a's mesh counted, as a Prometheus server reads it");
        println!("   curl -s http://{a}/metrics");
        println!("   # service-b-v2 without the mesh's retries: 503 at every fifth request");
        println!("   for i in 1 2 3 4 5; do curl -s http://{v2}/hello; done\n");
        println!("Ctrl-C ends them.");
    }

    /// Stops the caller first, so that nobody calls a service that is gone.
    pub(crate) async fn stop(self) -> Result<(), Box<dyn Error>> {
        self.a.stop().await?;
        self.v1.stop().await?;
        self.v2.stop().await
    }
}

/// The template with these weights, which are its parameters.
fn weighted(v1: u8, v2: u8) -> Result<Config, mesh_tower::Error> {
    let weights = [("V1Weight", v1.to_string()), ("V2Weight", v2.to_string())];
    mesh_tower::load_with(template::path("canary.yaml"), weights)
}

const STORY: &str = "   The router sends 90 of 100 calls to service-b-v1, and 10 to service-b-v2, which answers 503 to every
   fifth request it gets. The route's retry policy sends those again, so that no caller sees them.
   While requests keep coming, the weights become 0 and 100.
";
const A: &str = "service-a";
const V1: &str = "service-b-v1";
const V2: &str = "service-b-v2";
const REQUESTS: usize = 1000;
const SHIFT_AT: usize = 400;
/// As many as service-b-v2 needs to fail one.
const IN_TURN: usize = 5;
