//! Reads one Rust file as tokens and lists what it imports of ours, and the modules it declares.
//!
//! Tokens rather than text: comments, strings and doc examples never count, and an inline path counts wherever it stands, also in a macro call.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A path inside the workspace: the crate, then its modules and names, as in `["mesh-core", "route", "find"]`.
pub(super) type Path = Vec<String>;

/// One use of something of ours.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Import {
    pub(super) line: usize,
    pub(super) path: Path,
    /// The name it has in the file from there on: the last segment or what follows `as`.
    pub(super) name: String,
}

/// What one file says.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pub(super) imports: Vec<Import>,
    /// Modules that live in files of their own, without those that exist for tests only.
    pub(super) children: Vec<Path>,
}

impl Scan {
    /// Reads `source`, which is the module `module`.
    ///
    /// # Errors
    /// A sentence when the text is not made of Rust tokens.
    pub(super) fn read(source: &str, module: &[String]) -> Result<Self, String> {
        let tokens: TokenStream = source
            .parse()
            .map_err(|error| format!("is not Rust: {error}"))?;
        let mut scan = Self::default();
        scan.walk(tokens, module);
        Ok(scan)
    }

    fn walk(&mut self, tokens: TokenStream, module: &[String]) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let declared = declared_modules(&tokens);
        let mut at = 0;
        while at < tokens.len() {
            at = self.step(&tokens, at, module, &declared);
        }
    }

    /// Handles what starts at `at` and answers where the next thing starts.
    fn step(
        &mut self,
        tokens: &[TokenTree],
        at: usize,
        module: &[String],
        declared: &[String],
    ) -> usize {
        if is_test_only(&tokens[at..]) {
            return end_of_item(tokens, at + 2);
        }
        if let Some(name) = module_name(&tokens[at..]) {
            self.module(name, tokens.get(at + 2), module);
            return at + 3;
        }
        match &tokens[at] {
            TokenTree::Ident(word) if !follows_colons(tokens, at) => {
                let word = word.to_string();
                let relative =
                    at > 0 && is_word(&tokens[at - 1], "use") && declared.contains(&word);
                if relative || (is_root(&word) && has_colons(tokens, at + 1)) {
                    return self.path(tokens, at, &[], module);
                }
                at + 1
            }
            TokenTree::Group(group) => {
                self.walk(group.stream(), module);
                at + 1
            }
            _ => at + 1,
        }
    }

    fn module(&mut self, name: String, rest: Option<&TokenTree>, module: &[String]) {
        let child = [module, &[name]].concat();
        match rest {
            Some(TokenTree::Group(body)) => self.walk(body.stream(), &child),
            _ => self.children.push(child),
        }
    }

    /// Reads `a::b::{c, d as e}` from `at` on, records every leaf, and answers where the path ended.
    fn path(
        &mut self,
        tokens: &[TokenTree],
        mut at: usize,
        prefix: &[String],
        module: &[String],
    ) -> usize {
        let mut written = prefix.to_vec();
        let line = tokens.get(at).map_or(0, |token| token.span().start().line);
        while let Some(TokenTree::Ident(word)) = tokens.get(at) {
            written.push(word.to_string());
            at += 1;
            if !has_colons(tokens, at) {
                break;
            }
            at += 2;
            if let Some(TokenTree::Group(group)) = tokens.get(at) {
                self.branches(group, &written, module);
                return at + 1;
            }
        }
        let renamed = tokens.get(at).is_some_and(|token| is_word(token, "as"));
        let alias = tokens
            .get(at + 1)
            .filter(|_| renamed)
            .map(ToString::to_string);
        self.leaf(line, &written, alias, module);
        at
    }

    fn branches(&mut self, group: &Group, prefix: &[String], module: &[String]) {
        let tokens: Vec<_> = group.stream().into_iter().collect();
        for branch in tokens.split(|token| is_mark(token, ',')) {
            if !branch.is_empty() {
                self.path(branch, 0, prefix, module);
            }
        }
    }

    fn leaf(&mut self, line: usize, written: &[String], alias: Option<String>, module: &[String]) {
        let Some(path) = absolute(written, module) else {
            return;
        };
        let name = alias.or_else(|| path.last().cloned()).unwrap_or_default();
        self.imports.push(Import { line, path, name });
    }
}

/// Turns a path as written in `module` into one from the workspace's root; `None` where `super` leads out of the crate.
fn absolute(written: &[String], module: &[String]) -> Option<Path> {
    let (first, mut rest) = written.split_first()?;
    let mut base = match first.as_str() {
        "crate" => module[..1].to_vec(),
        "self" => module.to_vec(),
        "super" => module[..module.len().checked_sub(1)?].to_vec(),
        sibling if is_root(sibling) => vec![sibling.replace('_', "-")],
        child => [module, &[child.to_owned()]].concat(),
    };
    while let Some((word, tail)) = rest.split_first() {
        match word.as_str() {
            "super" => drop(base.pop()?),
            "self" => {}
            name => base.push(name.to_owned()),
        }
        rest = tail;
    }
    (!base.is_empty()).then_some(base)
}

fn declared_modules(tokens: &[TokenTree]) -> Vec<String> {
    (0..tokens.len())
        .filter_map(|at| module_name(&tokens[at..]))
        .collect()
}

/// The name in `mod name;` or `mod name { … }`.
fn module_name(tokens: &[TokenTree]) -> Option<String> {
    let [keyword, TokenTree::Ident(name), rest, ..] = tokens else {
        return None;
    };
    let declares = is_mark(rest, ';') || is_braced(rest);
    (is_word(keyword, "mod") && declares).then(|| name.to_string())
}

/// True for `#[cfg(test)]` and `#[cfg(all(test, …))]`.
fn is_test_only(tokens: &[TokenTree]) -> bool {
    let [mark, TokenTree::Group(attribute), ..] = tokens else {
        return false;
    };
    let text = attribute.stream().to_string().replace(' ', "");
    is_mark(mark, '#') && (text == "cfg(test)" || text.starts_with("cfg(all(test,"))
}

/// Where the item that starts at `at` is over: after its first braces or semicolon.
fn end_of_item(tokens: &[TokenTree], at: usize) -> usize {
    let length = tokens[at..]
        .iter()
        .position(|token| is_mark(token, ';') || is_braced(token));
    length.map_or(tokens.len(), |length| at + length + 1)
}

fn is_root(word: &str) -> bool {
    matches!(
        word,
        "crate" | "self" | "super" | "mesh_core" | "mesh_tower" | "mesh_xray"
    )
}

fn has_colons(tokens: &[TokenTree], at: usize) -> bool {
    matches!(tokens.get(at..at + 2), Some([first, second]) if is_mark(first, ':') && is_mark(second, ':'))
}

/// True inside a longer path, so that `http::self_test` or `a::crate` never starts one.
fn follows_colons(tokens: &[TokenTree], at: usize) -> bool {
    at >= 3 && has_colons(tokens, at - 2) && matches!(tokens[at - 3], TokenTree::Ident(_))
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

fn is_braced(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}
