//! Expressions of HCL: evaluated as far as they rest on values that are known, in bounded time and memory.
//!
//! Sources: hashicorp/hcl hclsyntax/spec.md; docker/buildx bake/hclparser for the functions.

mod functions;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey, Traversal, TraversalOperator, UnaryOperator};
use hcl_edit::template::{Directive, Element, ForDirective, IfDirective};

use self::functions::{at, binary, built_in};
use super::words::Values;

/// The deepest expression, counted through variables and functions too: each level is on the stack.
const DEEPEST: usize = 150;

/// The most steps for one file: an expression is one, and so is every 64 bytes that it makes.
const MOST_STEPS: usize = 200_000;

/// The longest text.
const LONGEST: usize = 64 << 10;

/// The largest value, by [`Value::size`].
const LARGEST: usize = 256 << 10;

/// What a list or map counts besides what is in it: so that lists within lists end early, which are taken apart by recursion.
const CONTAINER: usize = 512;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// None at all.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// The empty text of the variable with this name, which nobody gives a value.
    Unset(String),
    /// A list.
    List(Vec<Value>),
    /// Names with their values, in the order in which they are written.
    Map(Vec<(String, Value)>),
}

/// Why an expression has no known value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It rests on this variable, to which nobody gives a value.
    Variable(String),
    /// It calls something that is not known here, or is too much.
    Expression,
}

/// A part of a text.
#[derive(Debug)]
pub enum Part {
    /// It is known.
    Text(String),
    /// It is not known; its bytes, and why.
    Unknown(Range<usize>, Unknown),
}

/// The values that a part of a file has besides its variables: of a matrix, a loop, a function.
pub type Locals = BTreeMap<String, Value>;

impl Value {
    /// As text, as far as HCL makes one of it, and its value is known.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Bool(value) => Some(value.to_string()),
            Self::Number(number) => Some(number.to_string()),
            Self::Null | Self::Unset(_) | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// The same, or why it has no known one.
    fn known_text(&self) -> Result<String, Unknown> {
        self.text().ok_or_else(|| self.unknown())
    }

    /// Why a value is not of the wanted kind.
    fn unknown(&self) -> Unknown {
        if let Self::Unset(name) = self { Unknown::Variable(name.clone()) } else { Unknown::Expression }
    }

    /// True for values that are the same to HCL.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unset(_), Self::Unset(_)) => true,
            (Self::Unset(_), Self::Text(text)) | (Self::Text(text), Self::Unset(_)) => text.is_empty(),
            _ => self == other,
        }
    }

    /// The values of a list; of a map, those of its names.
    pub fn items(self) -> Vec<Self> {
        match self {
            Self::List(list) => list,
            Self::Map(entries) => entries.into_iter().map(|(_, value)| value).collect(),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::Unset(_) => Vec::new(),
        }
    }

    fn truth(&self) -> Result<bool, Unknown> {
        match self {
            Self::Bool(value) => Ok(*value),
            Self::Text(text) if text == "true" => Ok(true),
            Self::Text(text) if text == "false" => Ok(false),
            _ => Err(self.unknown()),
        }
    }

    /// About its size in bytes.
    fn size(&self) -> usize {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => 1,
            Self::Text(text) | Self::Unset(text) => text.len(),
            Self::List(list) => CONTAINER + list.iter().map(|value| 8 + value.size()).sum::<usize>(),
            Self::Map(entries) => CONTAINER + entries.iter().map(|(name, value)| 8 + name.len() + value.size()).sum::<usize>(),
        }
    }
}

/// A function that a file defines.
#[derive(Debug)]
pub struct Function<'h> {
    /// The names of its parameters.
    pub parameters: Vec<String>,
    /// The name of the list of all further arguments, if it takes any.
    pub variadic: Option<String>,
    /// What it gives.
    pub result: &'h Expression,
}

/// The variables and functions of a file.
#[derive(Debug)]
pub struct Evaluator<'h> {
    /// Variables with their defaults. One without is the empty text where nobody gives it a value.
    pub variables: BTreeMap<String, Option<&'h Expression>>,
    /// Values that count more than defaults.
    pub given: &'h Values,
    /// Functions by name.
    pub functions: BTreeMap<String, Function<'h>>,
    /// What targets say themselves, by their names: `target.app.args` is an expression.
    pub targets: BTreeMap<String, BTreeMap<String, &'h Expression>>,
    known: RefCell<BTreeMap<String, Result<Value, Unknown>>>,
    steps: Cell<usize>,
    /// True where a value was too large, or took too long.
    was_too_much: Cell<bool>,
}

impl<'h> Evaluator<'h> {
    /// Without variables and functions at first.
    pub fn new(given: &'h Values) -> Self {
        let (variables, functions, targets) = Default::default();
        let (known, steps, was_too_much) = Default::default();
        Self { variables, given, functions, targets, known, steps, was_too_much }
    }

    /// The value of an expression.
    ///
    /// # Errors
    ///
    /// Why it is not known.
    pub fn value(&self, expression: &Expression, locals: &Locals) -> Result<Value, Unknown> {
        self.eval(expression, locals, 0)
    }

    /// True where a value so far was too large, or took too long.
    pub fn was_too_much(&self) -> bool {
        self.was_too_much.get()
    }

    /// The parts of a text, of which some may not be known.
    pub fn parts(&self, expression: &Expression, locals: &Locals) -> Vec<Part> {
        let part = |value: Result<Value, Unknown>, span: Option<Range<usize>>| match value.and_then(|value| value.known_text()) {
            Ok(text) => Part::Text(text),
            Err(why) => Part::Unknown(span.unwrap_or_default(), why),
        };
        let elements: Vec<&Element> = match expression {
            Expression::StringTemplate(template) => template.iter().collect(),
            Expression::HeredocTemplate(heredoc) => heredoc.template.iter().collect(),
            _ => return vec![part(self.value(expression, locals), expression.span())],
        };
        let text = |number: usize| self.element(&elements, number, (false, false), locals, 1).map(Value::Text);
        elements.iter().enumerate().map(|(number, element)| part(text(number), element.span())).collect()
    }

    fn eval(&self, expression: &Expression, locals: &Locals, depth: usize) -> Result<Value, Unknown> {
        if depth > DEEPEST {
            return Err(Unknown::Expression);
        }
        let next = depth + 1;
        let value = match expression {
            Expression::Null(_) => Value::Null,
            Expression::Bool(value) => Value::Bool(*value.value()),
            Expression::Number(number) => Value::Number(number.value().as_f64().ok_or(Unknown::Expression)?),
            Expression::String(text) => Value::Text(text.value().clone()),
            // A template of one value is that value, whatever it is.
            Expression::StringTemplate(template) => match (template.len(), template.get(0)) {
                (1, Some(Element::Interpolation(part))) => self.eval(&part.expr, locals, next)?,
                _ => self.elements(template.iter(), locals, next)?,
            },
            Expression::HeredocTemplate(heredoc) => self.elements(heredoc.template.iter(), locals, next)?,
            Expression::Parenthesis(inner) => self.eval(inner.inner(), locals, next)?,
            Expression::Variable(name) => self.variable(name.as_str(), locals, next)?,
            Expression::Array(array) => {
                Value::List(array.iter().map(|item| self.eval(item, locals, next)).collect::<Result<_, _>>()?)
            }
            Expression::Object(object) => {
                let entry = |(key, value): (&ObjectKey, &hcl_edit::expr::ObjectValue)| {
                    Ok((self.key(key, locals, next)?, self.eval(value.expr(), locals, next)?))
                };
                Value::Map(object.iter().map(entry).collect::<Result<_, _>>()?)
            }
            Expression::Conditional(conditional) => {
                let chosen = self.eval(&conditional.cond_expr, locals, next)?.truth()?;
                self.eval(if chosen { &conditional.true_expr } else { &conditional.false_expr }, locals, next)?
            }
            Expression::FuncCall(call) => {
                if call.name.is_namespaced() {
                    return Err(Unknown::Expression);
                }
                let mut arguments: Vec<Value> =
                    call.args.iter().map(|argument| self.eval(argument, locals, next)).collect::<Result<_, _>>()?;
                if call.args.expand_final() {
                    let last = arguments.pop().unwrap_or(Value::Null);
                    arguments.extend(last.items());
                }
                self.call(call.name.name.as_str(), arguments, next)?
            }
            Expression::Traversal(traversal) => self.traversed(traversal, locals, next)?,
            Expression::UnaryOp(operation) => {
                let value = self.eval(&operation.expr, locals, next)?;
                match (operation.operator.value(), value) {
                    (UnaryOperator::Not, value) => Value::Bool(!value.truth()?),
                    (UnaryOperator::Neg, Value::Number(number)) => Value::Number(-number),
                    (UnaryOperator::Neg, _) => return Err(Unknown::Expression),
                }
            }
            Expression::BinaryOp(operation) => {
                let left = self.eval(&operation.lhs_expr, locals, next)?;
                let right = self.eval(&operation.rhs_expr, locals, next)?;
                binary(*operation.operator.value(), &left, &right)?
            }
            Expression::ForExpr(each) => self.each(each, locals, next)?,
        };
        self.took(1 + value.size() / 64)?;
        if value.size() > LARGEST { Err(self.too_much()) } else { Ok(value) }
    }

    /// `NAME.key`, `NAME[0]`, `target.NAME.key`.
    fn traversed(&self, traversal: &Traversal, locals: &Locals, depth: usize) -> Result<Value, Unknown> {
        let index = |operator: &TraversalOperator| match operator {
            TraversalOperator::GetAttr(name) => Ok(Value::Text(name.as_str().to_owned())),
            TraversalOperator::Index(index) => self.eval(index, locals, depth),
            _ => Err(Unknown::Expression),
        };
        let mut operators = traversal.operators.iter().map(|operator| index(operator.value()));
        let is_target =
            matches!(&traversal.expr, Expression::Variable(name) if name.as_str() == "target" && !locals.contains_key("target"));
        let mut value = if is_target {
            let mut next = || operators.next().ok_or(Unknown::Expression)??.known_text();
            let (target, key) = (next()?, next()?);
            let said = self.targets.get(&target).and_then(|said| said.get(&key)).ok_or(Unknown::Expression)?;
            match said {
                // Other entries of it may have no known value.
                Expression::Object(object) if traversal.operators.len() > 2 => {
                    let wanted = next()?;
                    let is_wanted = |key: &ObjectKey| self.key(key, &Locals::new(), depth).is_ok_and(|key| key == wanted);
                    let found = object.iter().filter(|(key, _)| is_wanted(key)).last().ok_or(Unknown::Expression)?;
                    self.eval(found.1.expr(), &Locals::new(), depth)?
                }
                _ => self.eval(said, &Locals::new(), depth)?,
            }
        } else {
            // A value that is given is a text, which has nothing in it.
            self.eval(&traversal.expr, locals, depth).map_err(|_| Unknown::Expression)?
        };
        for index in operators {
            value = at(value, &index?)?;
        }
        Ok(value)
    }

    fn took(&self, steps: usize) -> Result<(), Unknown> {
        self.steps.set(self.steps.get().saturating_add(steps));
        if self.steps.get() > MOST_STEPS { Err(self.too_much()) } else { Ok(()) }
    }

    /// Notes that something is too much to be evaluated.
    fn too_much(&self) -> Unknown {
        self.was_too_much.set(true);
        Unknown::Expression
    }

    /// The name of an entry of an object.
    ///
    /// # Errors
    ///
    /// Why it is not known.
    pub fn key(&self, key: &ObjectKey, locals: &Locals, depth: usize) -> Result<String, Unknown> {
        match key {
            ObjectKey::Ident(name) => Ok(name.as_str().to_owned()),
            ObjectKey::Expression(Expression::Variable(name)) => Ok(name.as_str().to_owned()),
            ObjectKey::Expression(expression) => self.eval(expression, locals, depth + 1)?.known_text(),
        }
    }

    fn variable(&self, name: &str, locals: &Locals, depth: usize) -> Result<Value, Unknown> {
        if let Some(value) = locals.get(name) {
            return Ok(value.clone());
        }
        if let Some(text) = self.given.get(name) {
            return Ok(Value::Text(text.clone()));
        }
        if let Some(known) = self.known.borrow().get(name) {
            return known.clone();
        }
        let default = match self.variables.get(name) {
            Some(Some(default)) => default,
            Some(None) => return Ok(Value::Unset(name.to_owned())),
            None => return Err(Unknown::Variable(name.to_owned())),
        };
        // A variable that rests on itself has no value.
        self.known.borrow_mut().insert(name.to_owned(), Err(Unknown::Expression));
        let value = self.eval(default, &Locals::new(), depth);
        self.known.borrow_mut().insert(name.to_owned(), value.clone());
        value
    }

    fn elements(&self, elements: hcl_edit::template::Iter<'_>, locals: &Locals, depth: usize) -> Result<Value, Unknown> {
        self.took(1)?;
        let elements: Vec<&Element> = elements.collect();
        Ok(Value::Text(self.joined(&elements, (false, false), locals, depth)?))
    }

    /// The text of elements, of which the first and the last may stand beside something that takes blanks away.
    fn joined(&self, elements: &[&Element], takes: Takes, locals: &Locals, depth: usize) -> Result<String, Unknown> {
        // They count also where one of the first is not known: a function may have many, and be called often.
        self.took(1 + elements.len() / 64)?;
        let mut text = String::new();
        for number in 0..elements.len() {
            text.push_str(&self.element(elements, number, takes, locals, depth)?);
            if text.len() > LONGEST {
                return Err(Unknown::Expression);
            }
        }
        Ok(text)
    }

    /// The text of one of these elements. Those beside it may take blanks of it away.
    fn element(
        &self,
        elements: &[&Element],
        number: usize,
        (before, behind): Takes,
        locals: &Locals,
        depth: usize,
    ) -> Result<String, Unknown> {
        if depth > DEEPEST {
            return Err(Unknown::Expression);
        }
        let next = depth + 1;
        match elements.get(number) {
            None => Ok(String::new()),
            Some(Element::Literal(literal)) => {
                let previous = number.checked_sub(1).and_then(|previous| elements.get(previous));
                let before = previous.map_or(before, |one| takes(one).1);
                let behind = elements.get(number + 1).map_or(behind, |one| takes(one).0);
                let text = literal.value().as_str();
                let text = if before { without_first_blanks(text) } else { text };
                let text = if behind { without_last_blanks(text) } else { text };
                Ok(text.to_owned())
            }
            Some(Element::Interpolation(part)) => self.eval(&part.expr, locals, next)?.known_text(),
            Some(Element::Directive(directive)) => match directive.as_ref() {
                Directive::If(choice) => self.chosen(choice, locals, next),
                Directive::For(each) => self.repeated(each, locals, next),
            },
        }
    }

    /// `%{ if x }…%{ else }…%{ endif }`.
    fn chosen(&self, choice: &IfDirective, locals: &Locals, depth: usize) -> Result<String, Unknown> {
        let (first, last) = (choice.if_expr.strip, choice.endif_expr.strip);
        let is_chosen = self.eval(&choice.if_expr.cond_expr, locals, depth)?.truth()?;
        let (template, takes) = match &choice.else_expr {
            None if !is_chosen => return Ok(String::new()),
            Some(other) if !is_chosen => (&other.template, (other.strip.strip_end(), last.strip_start())),
            other => {
                let behind = other.as_ref().map_or(last, |other| other.strip);
                (&choice.if_expr.template, (first.strip_end(), behind.strip_start()))
            }
        };
        let elements: Vec<&Element> = template.iter().collect();
        self.joined(&elements, takes, locals, depth)
    }

    /// `%{ for x in list }…%{ endfor }`.
    fn repeated(&self, each: &ForDirective, locals: &Locals, depth: usize) -> Result<String, Unknown> {
        let entries = named_items(self.eval(&each.for_expr.collection_expr, locals, depth)?)?;
        let takes = (each.for_expr.strip.strip_end(), each.endfor_expr.strip.strip_start());
        let elements: Vec<&Element> = each.for_expr.template.iter().collect();
        let mut inner = locals.clone();
        let mut text = String::new();
        for (name, value) in entries {
            if let Some(key) = &each.for_expr.key_var {
                inner.insert(key.as_str().to_owned(), name);
            }
            inner.insert(each.for_expr.value_var.as_str().to_owned(), value);
            let part = self.joined(&elements, takes, &inner, depth)?;
            self.took(1 + part.len() / 64)?;
            text.push_str(&part);
            if text.len() > LONGEST {
                return Err(Unknown::Expression);
            }
        }
        Ok(text)
    }

    /// `[for x in list : f(x) if g(x)]`, and the same for maps.
    fn each(&self, each: &hcl_edit::expr::ForExpr, locals: &Locals, depth: usize) -> Result<Value, Unknown> {
        let entries = named_items(self.eval(&each.intro.collection_expr, locals, depth)?)?;
        if each.grouping {
            return Err(Unknown::Expression);
        }
        let (mut list, mut map) = (Vec::new(), Vec::new());
        let mut inner = locals.clone();
        for (name, value) in entries {
            self.took(1 + value.size() / 64)?;
            if let Some(key) = &each.intro.key_var {
                inner.insert(key.as_str().to_owned(), name);
            }
            inner.insert(each.intro.value_var.as_str().to_owned(), value);
            if let Some(condition) = &each.cond
                && !self.eval(&condition.expr, &inner, depth)?.truth()?
            {
                continue;
            }
            let value = self.eval(&each.value_expr, &inner, depth)?;
            match &each.key_expr {
                Some(key) => map.push((self.eval(key, &inner, depth)?.known_text()?, value)),
                None => list.push(value),
            }
        }
        Ok(if each.key_expr.is_some() { Value::Map(map) } else { Value::List(list) })
    }

    fn call(&self, name: &str, mut arguments: Vec<Value>, depth: usize) -> Result<Value, Unknown> {
        if let Some(Function { parameters, variadic, result }) = self.functions.get(name) {
            if arguments.len() < parameters.len() || (variadic.is_none() && arguments.len() > parameters.len()) {
                return Err(Unknown::Expression);
            }
            let more = arguments.split_off(parameters.len());
            let mut locals: Locals = parameters.iter().cloned().zip(arguments).collect();
            locals.extend(variadic.iter().map(|name| (name.clone(), Value::List(more.clone()))));
            return self.eval(result, &locals, depth);
        }
        built_in(name, arguments)
    }
}

/// Whether what stands beside a text takes blanks away: at its start, and at its end.
type Takes = (bool, bool);

/// Whether an element takes blanks away: of the text before it, and of the one behind it.
fn takes(element: &Element) -> Takes {
    match element {
        Element::Literal(_) => (false, false),
        Element::Interpolation(part) => (part.strip.strip_start(), part.strip.strip_end()),
        Element::Directive(directive) => match directive.as_ref() {
            Directive::If(choice) => (choice.if_expr.strip.strip_start(), choice.endif_expr.strip.strip_end()),
            Directive::For(each) => (each.for_expr.strip.strip_start(), each.endfor_expr.strip.strip_end()),
        },
    }
}

/// A text without the blanks at its start: to the end of the line there.
///
/// Source: hashicorp/hcl, hclsyntax/parser_template.go: a line is a literal of its own.
fn without_first_blanks(text: &str) -> &str {
    let rest = text.trim_start_matches([' ', '\t', '\r']);
    rest.strip_prefix('\n').unwrap_or(rest)
}

/// The same for those at its end.
fn without_last_blanks(text: &str) -> &str {
    text.strip_suffix('\n').unwrap_or(text).trim_end_matches([' ', '\t', '\r'])
}

/// The values of a list or map that a loop goes through, with their numbers or names.
fn named_items(value: Value) -> Result<Vec<(Value, Value)>, Unknown> {
    match value {
        Value::Map(entries) => Ok(entries.into_iter().map(|(name, value)| (Value::Text(name), value)).collect()),
        #[expect(clippy::cast_precision_loss, reason = "a list is shorter than the numbers that a float holds")]
        Value::List(list) => {
            Ok(list.into_iter().enumerate().map(|(number, value)| (Value::Number(number as f64), value)).collect())
        }
        other => Err(other.unknown()),
    }
}

#[cfg(test)]
mod tests;
