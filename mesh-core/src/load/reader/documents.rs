//! What documents say, all of them together.

use std::collections::BTreeSet;

use super::Reader;
use crate::{
    config::{Counts, draft::Draft, spelling::nearest},
    error::{Location, Place, Problems, quoted},
    load::{
        api, cloudformation,
        detect::{self, Document},
        kubernetes,
        read::Read,
        shape::Form,
        spec, text, twice,
    },
};

impl Reader {
    /// What all documents say, what is wrong with it, and how many resources there are.
    pub(super) fn draft(&self) -> (Draft, Problems, Counts) {
        let mut problems = Problems::default();
        let mut draft = Draft {
            wanted: self.mesh.clone(),
            allow_missing: self.allow_missing,
            start: self.start(),
            ..Draft::default()
        };
        let reads = self.documents(&mut draft, &mut problems);
        let (reads, counts) = twice::once(reads, self.last_wins, &mut problems);
        for read in reads {
            // The gateway of an object may be what could not be read.
            if read.form != Form::Kubernetes || !draft.gaps.virtual_gateways {
                read.needs_parent(self.allow_missing, &mut problems);
            }
            spec::read(read, &mut draft, &mut problems);
        }
        self.none_found(&counts, &draft, &mut problems);
        (draft, problems, counts)
    }

    /// Reads every document.
    fn documents(&self, draft: &mut Draft, problems: &mut Problems) -> Vec<Read> {
        let mut reads = Vec::new();
        let mut names = BTreeSet::new();
        let mut objects = Vec::new();
        let mut unread = false;
        for (name, text) in &self.documents {
            let (roots, all) = text::documents(name, text, &self.substitutions, problems);
            unread |= !all;
            let roots = roots.into_iter();
            for root in roots.flat_map(|root| detect::documents(root, &self.unsaid)) {
                match detect::form(&root, &self.unsaid, problems) {
                    Some(Document::Template) => {
                        names.extend(cloudformation::names(&root).map(str::to_owned));
                        let found =
                            cloudformation::read(&root, &self.values, self.lenient, problems);
                        names.extend(found.asked);
                        unread |= found.unknown;
                        reads.extend(found.resources);
                    }
                    Some(Document::Kubernetes) => objects.push(root),
                    Some(Document::Api) => {
                        let read = api::read(&root, &self.unsaid, self.lenient, problems);
                        unread |= read.is_none();
                        reads.extend(read);
                    }
                    None => unread = true,
                }
            }
        }
        let wanted = self.mesh.as_deref();
        let (found, unknown) = kubernetes::read(&objects, wanted, self.lenient, problems);
        reads.extend(found);
        unread |= unknown;
        if unread {
            draft.gaps.everything();
        } else {
            self.unused(&names, &draft.start, problems);
        }
        reads
    }

    fn none_found(&self, counts: &Counts, draft: &Draft, problems: &mut Problems) {
        if counts.total() > 0 || problems.errors() > 0 || draft.gaps.meshes {
            return;
        }
        let message = "there is no App Mesh resource here: name a template with resources of the types `AWS::AppMesh::…` whose \
                       conditions are true, objects of `appmesh.k8s.aws/v1beta2`, or the App Mesh API's JSON";
        problems.error("no-app-mesh-resources", &draft.start, message);
    }

    /// Values for which no document has a use: mostly a misspelt name.
    fn unused(&self, names: &BTreeSet<String>, place: &Place, problems: &mut Problems) {
        for given in self.values.keys() {
            let resource = given.split('.').next().unwrap_or_default();
            if cloudformation::is_pseudo(given)
                || [given, resource].iter().any(|name| names.contains(*name))
            {
                continue;
            }
            let message = format!(
                "a value is given for the parameter {}, which nothing here declares or uses{}",
                quoted(given),
                nearest(given, names.iter().map(String::as_str))
            );
            problems.warn("unused-parameter", place, message);
        }
    }

    /// The beginning of the first document.
    fn start(&self) -> Place {
        let first = self.documents.first();
        first.map_or_else(Place::default, |(name, _)| Place {
            path: String::new(),
            location: Some(Location::new(name, 1, 1)),
        })
    }
}
