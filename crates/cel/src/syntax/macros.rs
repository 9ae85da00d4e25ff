//! Expansion of macros into comprehensions and calls.

use super::ast::{Ast, Comprehension, Literal, NodeId, NodeKind, TooLarge};

/// Name of the variable in which a comprehension gathers its result; no source can spell it.
const ACCUMULATOR: &str = "@result";
/// The former name of that variable, still refused as an iteration variable.
const OLD_ACCUMULATOR: &str = "__result__";
/// Name of the variable of a comprehension that only binds its accumulator.
const UNUSED: &str = "#unused";
const SORT_INPUT: &str = "@__sortBy_input__";

/// A macro was called with arguments that it cannot take.
#[derive(Debug)]
pub(crate) enum MacroError {
    At { node: NodeId, message: String },
    TooLarge(TooLarge),
}

impl From<TooLarge> for MacroError {
    fn from(error: TooLarge) -> Self {
        Self::TooLarge(error)
    }
}

/// Expands the call if it is one of a macro; `None` means that it is a plain call.
pub(crate) fn expand(
    ast: &mut Ast,
    target: Option<NodeId>,
    function: &str,
    arguments: &[NodeId],
    offset: usize,
) -> Result<Option<NodeId>, MacroError> {
    let mut make = Make { ast, offset };
    let node = match (target, function, arguments) {
        (None, "has", [argument]) => make.has(*argument)?,
        (Some(range), "all", [v, p]) => make.all(range, (*v, None), *p)?,
        (Some(range), "all", [v, w, p]) => make.all(range, (*v, Some(*w)), *p)?,
        (Some(range), "exists", [v, p]) => make.exists(range, (*v, None), *p)?,
        (Some(range), "exists", [v, w, p]) => make.exists(range, (*v, Some(*w)), *p)?,
        (Some(range), "exists_one", [v, p]) => make.exists_one(range, (*v, None), *p)?,
        (Some(range), "exists_one" | "existsOne", [v, w, p]) => make.exists_one(range, (*v, Some(*w)), *p)?,
        (Some(range), "map", [v, t]) => make.map(range, (*v, None), None, *t)?,
        (Some(range), "map", [v, p, t]) => make.map(range, (*v, None), Some(*p), *t)?,
        (Some(range), "filter", [v, p]) => make.map(range, (*v, None), Some(*p), *v)?,
        (Some(range), "transformList", [v, w, t]) => make.map(range, (*v, Some(*w)), None, *t)?,
        (Some(range), "transformList", [v, w, p, t]) => make.map(range, (*v, Some(*w)), Some(*p), *t)?,
        (Some(range), "transformMap", [v, w, t]) => make.map_map(range, (*v, *w), None, *t, true)?,
        (Some(range), "transformMap", [v, w, p, t]) => make.map_map(range, (*v, *w), Some(*p), *t, true)?,
        (Some(range), "transformMapEntry", [v, w, t]) => make.map_map(range, (*v, *w), None, *t, false)?,
        (Some(range), "transformMapEntry", [v, w, p, t]) => make.map_map(range, (*v, *w), Some(*p), *t, false)?,
        (Some(target), "optMap", [v, body]) => make.opt_map(target, *v, *body, true)?,
        (Some(target), "optFlatMap", [v, body]) => make.opt_map(target, *v, *body, false)?,
        (Some(range), "sortBy", [v, key]) => make.sort_by(range, *v, *key)?,
        _ => return Ok(None),
    };
    Ok(Some(node))
}

/// The parts of a comprehension that differ between macros.
struct Fold {
    init: NodeId,
    condition: NodeId,
    step: NodeId,
    result: NodeId,
}

struct Make<'a> {
    ast: &'a mut Ast,
    offset: usize,
}

type Made = Result<NodeId, MacroError>;
/// One iteration variable, or two.
type Variables = (NodeId, Option<NodeId>);

impl Make<'_> {
    fn has(&mut self, argument: NodeId) -> Made {
        match self.ast.kind(argument).clone() {
            NodeKind::Select { operand, field, .. } => self.add(NodeKind::Select { operand, field, presence: true }),
            _ => Err(error(argument, "invalid argument to has() macro")),
        }
    }

    fn all(&mut self, range: NodeId, variables: Variables, predicate: NodeId) -> Made {
        let names = self.names(variables)?;
        let accumulator = self.accumulator()?;
        let fold = Fold {
            init: self.literal(Literal::Bool(true))?,
            condition: self.call("@not_strictly_false", vec![accumulator])?,
            step: {
                let accumulator = self.accumulator()?;
                self.call("_&&_", vec![accumulator, predicate])?
            },
            result: self.accumulator()?,
        };
        self.comprehension(range, names, fold)
    }

    fn exists(&mut self, range: NodeId, variables: Variables, predicate: NodeId) -> Made {
        let names = self.names(variables)?;
        let accumulator = self.accumulator()?;
        let not = self.call("!_", vec![accumulator])?;
        let fold = Fold {
            init: self.literal(Literal::Bool(false))?,
            condition: self.call("@not_strictly_false", vec![not])?,
            step: {
                let accumulator = self.accumulator()?;
                self.call("_||_", vec![accumulator, predicate])?
            },
            result: self.accumulator()?,
        };
        self.comprehension(range, names, fold)
    }

    fn exists_one(&mut self, range: NodeId, variables: Variables, predicate: NodeId) -> Made {
        let names = self.names(variables)?;
        let init = self.literal(Literal::Int(0))?;
        let condition = self.literal(Literal::Bool(true))?;
        let accumulator = self.accumulator()?;
        let one = self.literal(Literal::Int(1))?;
        let more = self.call("_+_", vec![accumulator, one])?;
        let accumulator = self.accumulator()?;
        let step = self.call("_?_:_", vec![predicate, more, accumulator])?;
        let accumulator = self.accumulator()?;
        let one = self.literal(Literal::Int(1))?;
        let result = self.call("_==_", vec![accumulator, one])?;
        self.comprehension(range, names, Fold { init, condition, step, result })
    }

    fn map(&mut self, range: NodeId, variables: Variables, filter: Option<NodeId>, transform: NodeId) -> Made {
        let names = self.names(variables)?;
        let init = self.list(Vec::new())?;
        let condition = self.literal(Literal::Bool(true))?;
        let accumulator = self.accumulator()?;
        let one = self.list(vec![transform])?;
        let appended = self.call("_+_", vec![accumulator, one])?;
        let step = self.guarded(filter, appended)?;
        let result = self.accumulator()?;
        self.comprehension(range, names, Fold { init, condition, step, result })
    }

    fn map_map(
        &mut self,
        range: NodeId,
        (key, value): (NodeId, NodeId),
        filter: Option<NodeId>,
        transform: NodeId,
        keyed: bool,
    ) -> Made {
        let names = self.names((key, Some(value)))?;
        let init = self.add(NodeKind::Map(Vec::new()))?;
        let condition = self.literal(Literal::Bool(true))?;
        let mut arguments = vec![self.accumulator()?];
        if keyed {
            arguments.push(self.add(NodeKind::Ident(names.0.clone()))?);
        }
        arguments.push(transform);
        let inserted = self.call("cel.@mapInsert", arguments)?;
        let step = self.guarded(filter, inserted)?;
        let result = self.accumulator()?;
        self.comprehension(range, names, Fold { init, condition, step, result })
    }

    fn opt_map(&mut self, target: NodeId, variable: NodeId, body: NodeId, wrap: bool) -> Made {
        let name = match self.ast.kind(variable) {
            NodeKind::Ident(name) => name.clone(),
            _ => {
                let function = if wrap { "optMap" } else { "optFlatMap" };
                let message = format!("{function}() variable name must be a simple identifier");
                return Err(MacroError::At { node: variable, message });
            }
        };
        let copy = self.ast.copy(target)?;
        let has_value = self.member("hasValue", target, Vec::new())?;
        let value = self.member("value", copy, Vec::new())?;
        let bound = self.bind(name, value, body)?;
        let some = if wrap { self.call("optional.of", vec![bound])? } else { bound };
        let none = self.call("optional.none", Vec::new())?;
        self.call("_?_:_", vec![has_value, some, none])
    }

    fn sort_by(&mut self, range: NodeId, variable: NodeId, key: NodeId) -> Made {
        if matches!(self.ast.kind(range), NodeKind::Literal(_) | NodeKind::Map(_) | NodeKind::Struct { .. }) {
            return Err(error(
                range,
                "sortBy can only be applied to a list, identifier, comprehension, call or select \
                 expression",
            ));
        }
        let input = self.add(NodeKind::Ident(SORT_INPUT.into()))?;
        let keys = self.map(input, (variable, None), None, key)?;
        let input = self.add(NodeKind::Ident(SORT_INPUT.into()))?;
        let sorted = self.member("@sortByAssociatedKeys", input, vec![keys])?;
        self.bind(SORT_INPUT.into(), range, sorted)
    }

    /// `body` with `name` standing for `value`: a comprehension over nothing.
    fn bind(&mut self, name: Box<str>, value: NodeId, body: NodeId) -> Made {
        let range = self.list(Vec::new())?;
        let condition = self.literal(Literal::Bool(false))?;
        let step = self.add(NodeKind::Ident(name.clone()))?;
        self.add(NodeKind::Comprehension(Box::new(Comprehension {
            range,
            variable: UNUSED.into(),
            variable2: None,
            accumulator: name,
            init: value,
            condition,
            step,
            result: body,
        })))
    }

    fn guarded(&mut self, filter: Option<NodeId>, step: NodeId) -> Made {
        let Some(filter) = filter else { return Ok(step) };
        let unchanged = self.accumulator()?;
        self.call("_?_:_", vec![filter, step, unchanged])
    }

    fn comprehension(
        &mut self,
        range: NodeId,
        (variable, variable2): (Box<str>, Option<Box<str>>),
        fold: Fold,
    ) -> Made {
        self.add(NodeKind::Comprehension(Box::new(Comprehension {
            range,
            variable,
            variable2,
            accumulator: ACCUMULATOR.into(),
            init: fold.init,
            condition: fold.condition,
            step: fold.step,
            result: fold.result,
        })))
    }

    fn names(&self, (first, second): Variables) -> Result<(Box<str>, Option<Box<str>>), MacroError> {
        let name = |node: NodeId| match self.ast.kind(node) {
            NodeKind::Ident(name) => Ok(name.clone()),
            _ => Err(error(node, "argument must be a simple name")),
        };
        let one = name(first)?;
        let two = second.map(name).transpose()?;
        if let (Some(two), Some(node)) = (&two, second)
            && *two == one
        {
            let message = format!("duplicate variable name: {one}");
            return Err(MacroError::At { node, message });
        }
        for (name, node) in [(Some(&one), Some(first)), (two.as_ref(), second)] {
            if let (Some(name), Some(node)) = (name, node)
                && (**name == *ACCUMULATOR || **name == *OLD_ACCUMULATOR)
            {
                return Err(error(node, "iteration variable overwrites accumulator variable"));
            }
        }
        Ok((one, two))
    }

    fn accumulator(&mut self) -> Made {
        self.add(NodeKind::Ident(ACCUMULATOR.into()))
    }

    fn literal(&mut self, literal: Literal) -> Made {
        self.add(NodeKind::Literal(literal))
    }

    fn list(&mut self, elements: Vec<NodeId>) -> Made {
        let optional = vec![false; elements.len()];
        self.add(NodeKind::List { elements, optional })
    }

    fn call(&mut self, function: &str, arguments: Vec<NodeId>) -> Made {
        self.add(NodeKind::Call { target: None, function: function.into(), arguments })
    }

    fn member(&mut self, function: &str, target: NodeId, arguments: Vec<NodeId>) -> Made {
        self.add(NodeKind::Call { target: Some(target), function: function.into(), arguments })
    }

    fn add(&mut self, kind: NodeKind) -> Made {
        Ok(self.ast.add(kind, self.offset)?)
    }
}

fn error(node: NodeId, message: &str) -> MacroError {
    MacroError::At { node, message: message.to_owned() }
}
