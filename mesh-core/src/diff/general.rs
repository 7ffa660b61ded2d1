//! What concerns the whole, and listeners.

use std::collections::BTreeMap;

use super::change::{Changes, Pair, or_none, pairs};
use crate::{
    snapshot::{
        ListenerPlan, LogFormat, Snapshot,
        words::{Pool, limit},
    },
    unit::Port,
};

impl Changes {
    pub(super) fn general(&mut self, old: &Snapshot, new: &Snapshot) {
        self.compare("this", "mesh", [old.mesh(), new.mesh()]);
        self.compare("this", "name", [old.virtual_node(), new.virtual_node()]);
        self.compare("this", "mode", [old.mode(), new.mode()]);
        self.compare(
            "this",
            "defaults",
            [old.defaults().name(), new.defaults().name()],
        );
        let filter = |snapshot: &Snapshot| match snapshot.allow_all {
            true => "ALLOW_ALL",
            false => "DROP_ALL",
        };
        self.compare("this", "egress filter", [filter(old), filter(new)]);
        let logs = [old.access_log(), new.access_log()];
        self.compare("access log", "to", logs.map(or_none));
        let formats = [old.log_format(), new.log_format()];
        self.compare("access log", "format", formats.map(format));
    }

    pub(super) fn listeners(&mut self, old: &[ListenerPlan], new: &[ListenerPlan]) {
        for (port, pair) in pairs(&by_port(old), &by_port(new)) {
            let subject = format!("listener {port}");
            match pair {
                Pair::New(new) => self.added(subject, format!("opened for {}", new.protocol)),
                Pair::Old(_) => self.removed(subject, "closed"),
                Pair::Both(old, new) => self.listener(&subject, [old, new]),
            }
        }
    }

    fn listener(&mut self, subject: &str, both: [&ListenerPlan; 2]) {
        self.compare(subject, "protocol", both.map(|one| one.protocol));
        let request = both.map(|one| limit(one.timeouts.request));
        self.compare(subject, "request limit", request);
        let idle = both.map(|one| limit(one.timeouts.idle));
        self.compare(subject, "silence limit", idle);
        let pool = both.map(|one| or_none(one.connection_pool.map(Pool)));
        self.compare(subject, "connection pool", pool);
        let tls = both.map(|one| or_none(one.tls.as_ref()));
        self.compare(subject, "TLS", tls);
    }
}

fn by_port(listeners: &[ListenerPlan]) -> BTreeMap<Port, &ListenerPlan> {
    let listeners = listeners.iter();
    listeners.map(|one| (one.port, one)).collect()
}

fn format(format: Option<&LogFormat>) -> String {
    match format {
        None => "Envoy's".to_owned(),
        Some(LogFormat::Text(text)) => format!("{text:?}"),
        Some(LogFormat::Json(values)) => {
            let values = values
                .iter()
                .map(|(key, value)| format!("{key:?}: {value:?}"));
            format!("{{{}}}", values.collect::<Vec<_>>().join(", "))
        }
    }
}
