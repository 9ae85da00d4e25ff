//! Compiled expressions.

use crate::check::{self, Kind, Reference, Ty, Types};
use crate::env::Env;
use crate::error::{CompileError, EvalError};
use crate::eval::{self, Activation, Value};
use crate::minors::{self, Minor, MinorNote};
use crate::plan::{self, Plan};
use crate::syntax::{self, Ast, Literal, NodeKind};

/// An expression that was parsed, checked and prepared: immutable, to be shared between threads.
#[derive(Debug)]
pub struct Program {
    source: Box<str>,
    result_type: ResultType,
    plan: Plan,
    claims: Vec<Box<str>>,
    notes: Box<[MinorNote]>,
}

/// The static type of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultType {
    name: Box<str>,
    is_bool: bool,
}

/// What an evaluation gave.
#[derive(Clone, Debug)]
pub struct Output<'a> {
    /// The value.
    pub value: Value<'a>,
    /// What it cost, in the units of the API server.
    pub cost: u64,
}

/// An evaluation without a value, and what it cost up to there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Failure {
    /// Why there is no value.
    #[source]
    pub error: EvalError,
    /// What the evaluation cost, in the units of the API server.
    pub cost: u64,
}

impl ResultType {
    fn new(types: &Types, ty: Ty) -> Self {
        // A wrapper of a boolean is not a boolean.
        let is_bool = matches!(types.kind(ty), Kind::Bool);
        Self { name: types.full_name(ty).into(), is_bool }
    }

    /// The name of the type: `string`, `list(string)`, `google.protobuf.Any`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the value is always a boolean, as validation rules have to be. What is merely
    /// `any` or `dyn` is not.
    #[must_use]
    pub fn is_bool(&self) -> bool {
        self.is_bool
    }
}

impl std::fmt::Display for ResultType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

impl Program {
    /// Parses, checks and prepares an expression.
    ///
    /// # Errors
    ///
    /// If the API server would not load it: a syntax error, an unknown name, types that do not
    /// go together, a literal that cannot work (a bad pattern, say), a constant part that fails,
    /// more than 100 000 code points, or nesting deeper than 250.
    pub fn compile(env: &Env, source: &str) -> Result<Self, CompileError> {
        let fail = |issues| CompileError::new(source, issues);
        let ast = syntax::parse(source).map_err(|issue| fail(vec![issue]))?;
        let checked = check::check(&ast, env).map_err(fail)?;
        let issues = check::validate(&ast, &checked);
        if !issues.is_empty() {
            return Err(fail(issues));
        }
        let root = ast.root().map_or(Types::ERROR, |root| checked.type_of(root));
        let result_type = ResultType::new(&checked.types, root);
        let plan = plan::build(&ast, &checked).map_err(|issue| fail(vec![issue]))?;
        let claims = selected_claims(&ast, &checked);
        let notes = minors::notes(source, &ast, &checked);
        Ok(Self { source: source.into(), result_type, plan, claims, notes })
    }

    /// The text from which the program was compiled.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The static type of the result.
    #[must_use]
    pub fn result_type(&self) -> &ResultType {
        &self.result_type
    }

    /// The claims that the expression selects by name, sorted: `claims.email` and
    /// `has(claims.email)`, but not `claims["email"]`, in macros, too.
    ///
    /// This is the question behind the API server's rule that a username from `claims.email`
    /// needs `claims.email_verified` somewhere
    /// (`CompileAndValidateJWTAuthenticator` of k8s.io/apiserver/pkg/apis/apiserver/validation).
    #[must_use]
    pub fn selected_claims(&self) -> impl ExactSizeIterator<Item = &str> {
        self.claims.iter().map(|name| &**name)
    }

    /// Whether the expression selects the claim by name.
    #[must_use]
    pub fn selects_claim(&self, name: &str) -> bool {
        self.claims.iter().any(|claim| **claim == *name)
    }

    /// What an API server of this minor makes of the expression otherwise, in the order of the
    /// source: that it refuses the expression at load, while a cluster is upgraded member by
    /// member, say. The newest minor has no notes.
    ///
    /// ```
    /// use claimant_cel::{Difference, Effect, Env, Minor, Program};
    ///
    /// let rule = Program::compile(&Env::claims(), "claims.`team-name` == 'core'")?;
    /// let note = rule.minor_notes(Minor::V1_36).next().expect("older minors do not know such names");
    /// assert_eq!(note.difference, Difference::QuotedName);
    /// assert_eq!(note.difference.effect(), Effect::RefusedAtLoad);
    /// assert_eq!(rule.minor_notes(Minor::V1_37).count(), 0);
    /// # Ok::<(), claimant_cel::CompileError>(())
    /// ```
    pub fn minor_notes(&self, minor: Minor) -> impl Iterator<Item = &MinorNote> {
        self.notes.iter().filter(move |note| minor <= note.difference.newest())
    }

    /// Evaluates the program.
    ///
    /// # Errors
    ///
    /// If the expression has no value for these claims or this user, or would cost too much.
    pub fn eval<'a>(&'a self, activation: &Activation<'a>) -> Result<Output<'a>, Failure> {
        let (outcome, cost) = eval::run(&self.plan, activation);
        match outcome {
            Ok(value) => Ok(Output { value, cost }),
            Err(error) => Err(Failure { error, cost }),
        }
    }
}

/// The names that are selected from the variable `claims`.
fn selected_claims(ast: &Ast, checked: &check::Checked) -> Vec<Box<str>> {
    let is_claims = |node| {
        matches!(
            checked.reference(node),
            Some(Reference::Variable { name, global: true }) if **name == *"claims"
        )
    };
    let mut names: Vec<Box<str>> = Vec::new();
    for node in ast.reachable() {
        match ast.kind(node) {
            NodeKind::Select { operand, field, .. } if is_claims(*operand) => {
                names.push(field.clone());
            }
            NodeKind::Call { function, arguments, .. } if **function == *"_?._" => {
                if let [operand, field] = arguments.as_slice()
                    && let (true, NodeKind::Literal(Literal::String(field))) = (is_claims(*operand), ast.kind(*field))
                {
                    names.push(field.clone());
                }
            }
            _ => {}
        }
    }
    names.sort();
    names.dedup();
    names
}
