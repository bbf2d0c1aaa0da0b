//! One event: an object in the text → values in columns.

use super::keys::{Found, InnerTarget, Keys, Target};
use super::render::{Rendered, Room, finite, render};
use super::scan::{Fault, Scanner, Token};
use crate::RejectCode;
use crate::decode::cell::{Cell, Problem};
use crate::decode::place::{Inner, Leaf, Places};
use crate::decode::rows::{Refusal, Rows, too_many_columns};
use crate::decode::{Context, DecodeError};

/// Levels of nesting at most, whatever the limits say: objects are read by recursion.
const LEVELS_MAX: usize = 128;
/// Names that are remembered beside those of columns: system names, objects, names outside of the event.
const OTHER_NAMES: usize = 256;

/// Texts that live between two values.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) text: String,
    rendered: String,
}

/// Reads the events of a request.
pub(super) struct Reader<'c> {
    pub(super) rows: Rows<'c>,
    keys: Keys,
    places: Places,
    levels: usize,
    string_bytes: usize,
    columns: usize,
}

impl<'c> Reader<'c> {
    pub(super) fn new(context: &'c Context<'c>) -> Self {
        let columns = context.limits.columns;
        Self {
            rows: Rows::new(context),
            keys: Keys::new(columns.saturating_mul(2).saturating_add(OTHER_NAMES)),
            places: Places::new(context),
            levels: context.limits.nesting.min(LEVELS_MAX),
            string_bytes: context.limits.string_bytes,
            columns,
        }
    }

    pub(super) fn begin(&mut self) -> Result<(), DecodeError> {
        self.keys.begin();
        self.rows.begin()
    }

    pub(super) fn end(&mut self) {
        if !self.rows.end() {
            self.keys.undo();
        }
    }

    /// Reads the value that should be an event.
    pub(super) fn event(&mut self, scanner: &mut Scanner<'_>, scratch: &mut Scratch) -> Result<(), Fault> {
        if scanner.take(b'{') {
            return self.object(scanner, Keys::ROOT, 1, scratch);
        }
        self.rows.refuse(Refusal::row(Problem::new(RejectCode::Malformed, "an object")));
        scanner.skip(&mut scratch.text)
    }

    /// Reads the members of an object whose opening was taken.
    fn object(
        &mut self,
        scanner: &mut Scanner<'_>,
        node: usize,
        level: usize,
        scratch: &mut Scratch,
    ) -> Result<(), Fault> {
        let mut previous = None;
        let mut is_first = true;
        loop {
            if scanner.take(b'}') {
                return Ok(());
            }
            if !is_first && !scanner.take(b',') {
                return Err(scanner.fault("`,` or `}`"));
            }
            is_first = false;
            if self.rows.is_refused() {
                scanner.key(&mut scratch.text)?;
                scanner.skip(&mut scratch.text)?;
                continue;
            }
            match self.keys.find(node, previous, scanner, &mut scratch.text)? {
                Found::Key(key) => {
                    previous = Some(key);
                    self.member(scanner, node, key, level, scratch)?;
                }
                Found::Twice(key) => {
                    let name = self.keys.key(node, key).map(|key| key.name.to_string()).unwrap_or_default();
                    self.rows.refuse(Refusal::twice(&name));
                    scanner.skip(&mut scratch.text)?;
                }
                Found::Full(name) => {
                    let place = self.keys.node_place(node);
                    if place.is_none_or(|place| self.places.leaf(place, &name) != Leaf::Ignored) {
                        self.rows.refuse(Refusal::row(too_many_columns(self.columns)));
                    }
                    scanner.skip(&mut scratch.text)?;
                }
            }
        }
    }

    #[inline]
    fn member(
        &mut self,
        scanner: &mut Scanner<'_>,
        node: usize,
        key: usize,
        level: usize,
        scratch: &mut Scratch,
    ) -> Result<(), Fault> {
        match scanner.value(&mut scratch.text)? {
            Token::Null => Ok(()),
            Token::Scalar(cell) => {
                if let Some(Target::Column(column)) = self.leaf(node, key) {
                    self.rows.put(column, cell);
                }
                Ok(())
            }
            Token::Infinite(text) => {
                if let Some(Target::Column(column)) = self.leaf(node, key) {
                    self.rows.refuse_value(column, Cell::Big(text), finite());
                }
                Ok(())
            }
            Token::Object => self.inner_object(scanner, node, key, level, scratch),
            Token::Array => match self.leaf(node, key) {
                Some(Target::Column(column)) => self.rendered(scanner, false, column, level, scratch),
                _ => scanner.skip_rest(false, &mut scratch.text),
            },
        }
    }

    fn inner_object(
        &mut self,
        scanner: &mut Scanner<'_>,
        node: usize,
        key: usize,
        level: usize,
        scratch: &mut Scratch,
    ) -> Result<(), Fault> {
        match self.inner(node, key) {
            Some(InnerTarget::Node(inner)) if level < self.levels => self.object(scanner, inner, level + 1, scratch),
            Some(InnerTarget::Node(_)) => {
                let problem = Problem::new(RejectCode::TooLarge, format!("at most {} levels of objects", self.levels));
                let name = self.keys.key(node, key).map(|key| key.name.to_string()).unwrap_or_default();
                self.rows.refuse(Refusal::of(name, problem));
                scanner.skip_rest(true, &mut scratch.text)
            }
            Some(InnerTarget::Text(column)) => self.rendered(scanner, true, column, level, scratch),
            Some(InnerTarget::Ignored) | None => scanner.skip_rest(true, &mut scratch.text),
        }
    }

    /// Takes an array or object as the text of a column.
    fn rendered(
        &mut self,
        scanner: &mut Scanner<'_>,
        is_object: bool,
        column: usize,
        level: usize,
        scratch: &mut Scratch,
    ) -> Result<(), Fault> {
        let room = Room { bytes: self.string_bytes, levels: self.levels.saturating_sub(level) };
        match render(scanner, is_object, &room, &mut scratch.rendered, &mut scratch.text)? {
            Rendered::Text => self.rows.put(column, Cell::Json(&scratch.rendered)),
            Rendered::Problem(problem) => self.rows.refuse_column(column, problem),
        }
        Ok(())
    }

    /// Where the scalar of a key goes; `None` when it gave the row up.
    #[inline]
    fn leaf(&mut self, node: usize, key: usize) -> Option<Target> {
        if let Some(target) = self.keys.key(node, key)?.leaf {
            return Some(target);
        }
        self.resolve_leaf(node, key)
    }

    #[cold]
    fn resolve_leaf(&mut self, node: usize, key: usize) -> Option<Target> {
        let (place, name) = self.keys.place(node, key)?;
        let target = match self.places.leaf(place, name) {
            Leaf::Ignored => Target::Ignored,
            Leaf::Column { name, role } => match self.rows.column(&name, role) {
                Ok(column) => Target::Column(column),
                Err(refusal) => {
                    self.rows.refuse(refusal);
                    return None;
                }
            },
            Leaf::Refused { name, problem } => {
                self.rows.refuse(Refusal::of(name, problem));
                return None;
            }
        };
        self.keys.set_leaf(node, key, target);
        Some(target)
    }

    fn inner(&mut self, node: usize, key: usize) -> Option<InnerTarget> {
        if let Some(target) = self.keys.key(node, key)?.inner {
            return Some(target);
        }
        let (place, name) = self.keys.place(node, key)?;
        let target = match self.places.inner(place, name) {
            Inner::Ignored => InnerTarget::Ignored,
            Inner::Place(place) => InnerTarget::Node(self.keys.add_node(place)),
            Inner::Text { name, role } => match self.rows.column(&name, role) {
                Ok(column) => InnerTarget::Text(column),
                Err(refusal) => {
                    self.rows.refuse(refusal);
                    return None;
                }
            },
            Inner::Refused { name, problem } => {
                self.rows.refuse(Refusal::of(name, problem));
                return None;
            }
        };
        self.keys.set_inner(node, key, target);
        Some(target)
    }
}
