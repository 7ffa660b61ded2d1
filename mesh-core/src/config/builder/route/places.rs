//! The places of what a route holds, so that its own can be put before them.

use crate::{
    config::draft::{MatchDraft, TargetDraft},
    error::Place,
};

pub(super) fn of_match(matches: &mut MatchDraft) -> Vec<&mut Place> {
    let mut places = Vec::new();
    places.extend(matches.path.as_mut().map(|said| &mut said.place));
    places.extend(matches.method.as_mut().map(|said| &mut said.place));
    places.extend(matches.scheme.as_mut().map(|said| &mut said.place));
    places.extend(matches.port.as_mut().map(|said| &mut said.place));
    places.extend(matches.service_name.as_mut().map(|said| &mut said.place));
    places.extend(matches.method_name.as_mut().map(|said| &mut said.place));
    for header in &mut matches.headers {
        places.push(&mut header.name.place);
        places.extend(header.matcher.as_mut().map(|said| &mut said.place));
    }
    places.extend(
        matches
            .query_parameters
            .iter_mut()
            .map(|said| &mut said.place),
    );
    places
}

pub(super) fn of_targets(targets: &mut [TargetDraft]) -> Vec<&mut Place> {
    let mut places = Vec::new();
    for target in targets {
        places.push(&mut target.virtual_node.place);
        places.push(&mut target.weight.place);
        places.extend(target.port.as_mut().map(|said| &mut said.place));
    }
    places
}
