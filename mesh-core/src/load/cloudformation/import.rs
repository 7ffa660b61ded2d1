//! `Fn::ImportValue`: what other stacks export, which the caller knows.

use super::{
    encode,
    function::Written,
    resolve::{Known, Resolve, UNKNOWN, text},
};
use crate::error::{Place, quoted, shortened};

impl Resolve<'_, '_> {
    /// What `Fn::ImportValue` gives.
    pub(super) fn import_value(&mut self, argument: Written<'_>, place: &Place) -> Known {
        let due = "`Fn::ImportValue` needs an export's name: `!ImportValue Name`";
        let wanted = self.wanted;
        let name = self.text_argument(argument, due, place);
        let written = argument.called().map(|_| {
            let mut written = IMPORT.to_owned();
            encode::as_written(argument, &mut written);
            written
        });
        let written_as = written.clone();
        let key = match (name, written) {
            (Some(name), Some(written)) if self.template.values.contains_key(&written) => {
                self.asked.insert(format!("{IMPORT}{name}"));
                written
            }
            (Some(name), _) => format!("{IMPORT}{name}"),
            // The name needs a value that is asked for: then the import is asked for with it.
            (None, Some(written)) if self.wanted > wanted => written,
            (None, _) => return UNKNOWN,
        };
        self.asked.insert(key.clone());
        if let Some(given) = self.template.values.get(&key) {
            return text(given);
        }
        let computed = written_as.filter(|written| *written != key);
        let computed = computed.map_or_else(String::new, |written| {
            format!(", which is {},", quoted(without(&written)))
        });
        let message = format!(
            "the export {}{computed} of another stack is not known here: give its value (validate: `--param '{}=VALUE'`)",
            quoted(without(&key)),
            shortened(&key)
        );
        self.missing(&key, "missing-import", &message, place)
    }
}

fn without(key: &str) -> &str {
    key.strip_prefix(IMPORT).unwrap_or(key)
}

/// What stands before an export's name, so that it is never a parameter's.
pub(in crate::load) const IMPORT: &str = "import:";
