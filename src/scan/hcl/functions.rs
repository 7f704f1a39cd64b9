//! What operators and functions of HCL make of values.
//!
//! Source: docker/buildx bake/hclparser.

use hcl_edit::expr::BinaryOperator;

use super::{LONGEST, Unknown, Value};

/// A value of a list or map.
pub(super) fn at(value: Value, index: &Value) -> Result<Value, Unknown> {
    let found = match (value, index) {
        (Value::List(list), Value::Number(number)) if *number >= 0.0 => {
            list.into_iter().enumerate().find(|(at, _)| at.to_string() == number.to_string()).map(|(_, value)| value)
        }
        (Value::Map(entries), Value::Text(name)) => {
            entries.into_iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
        }
        _ => None,
    };
    found.ok_or(Unknown::Expression)
}

pub(super) fn binary(operator: BinaryOperator, left: &Value, right: &Value) -> Result<Value, Unknown> {
    let numbers = || match (left, right) {
        (Value::Number(left), Value::Number(right)) => Ok((*left, *right)),
        (Value::Number(_), other) | (other, _) => Err(other.unknown()),
    };
    Ok(match operator {
        BinaryOperator::Eq => Value::Bool(left.is(right)),
        BinaryOperator::NotEq => Value::Bool(!left.is(right)),
        BinaryOperator::And => Value::Bool(left.truth()? && right.truth()?),
        BinaryOperator::Or => Value::Bool(left.truth()? || right.truth()?),
        BinaryOperator::Less => numbers().map(|(left, right)| Value::Bool(left < right))?,
        BinaryOperator::Greater => numbers().map(|(left, right)| Value::Bool(left > right))?,
        BinaryOperator::LessEq => numbers().map(|(left, right)| Value::Bool(left <= right))?,
        BinaryOperator::GreaterEq => numbers().map(|(left, right)| Value::Bool(left >= right))?,
        BinaryOperator::Plus => numbers().map(|(left, right)| Value::Number(left + right))?,
        BinaryOperator::Minus => numbers().map(|(left, right)| Value::Number(left - right))?,
        _ => return Err(Unknown::Expression),
    })
}

/// The functions that files of real projects use for tags and names. Others, and those of time and chance, have no known value.
pub(super) fn built_in(name: &str, arguments: Vec<Value>) -> Result<Value, Unknown> {
    use Value::{Bool, List, Map, Text};
    // What is made of a variable without a value is not known either.
    let unset = arguments.iter().find(|argument| matches!(argument, Value::Unset(_)));
    if let Some(unset) = unset.filter(|_| !OF_ANYTHING.contains(&name)) {
        return Err(unset.unknown());
    }
    Ok(match (name, arguments.as_slice()) {
        ("equal", [left, right]) => Bool(left.is(right)),
        ("notequal", [left, right]) => Bool(!left.is(right)),
        ("not", [value]) => Bool(!value.truth()?),
        ("and", [left, right]) => Bool(left.truth()? && right.truth()?),
        ("or", [left, right]) => Bool(left.truth()? || right.truth()?),
        ("upper", [Text(text)]) => Text(text.to_uppercase()),
        ("lower", [Text(text)]) => Text(text.to_lowercase()),
        ("trimspace", [Text(text)]) => Text(text.trim().to_owned()),
        ("trimprefix", [Text(text), Text(end)]) => Text(text.strip_prefix(end.as_str()).unwrap_or(text).to_owned()),
        ("trimsuffix", [Text(text), Text(end)]) => Text(text.strip_suffix(end.as_str()).unwrap_or(text).to_owned()),
        ("replace", [Text(text), Text(from), Text(to)]) if !from.is_empty() && to.len() <= 1024 && text.len() <= 1024 => {
            Text(text.replace(from.as_str(), to))
        }
        ("split", [Text(between), Text(text)]) if !between.is_empty() => {
            List(text.split(between.as_str()).map(|part| Text(part.to_owned())).collect())
        }
        ("join", [Text(between), List(list)]) => {
            let parts: Vec<String> = list.iter().map(Value::known_text).collect::<Result<_, _>>()?;
            if parts.len().saturating_mul(between.len()) > LONGEST {
                return Err(Unknown::Expression);
            }
            Text(parts.join(between))
        }
        ("contains", [List(list), value]) => Bool(list.iter().any(|one| one.is(value))),
        #[expect(clippy::cast_precision_loss, reason = "a list is shorter than the numbers that a float holds")]
        ("length", [List(list)]) => Value::Number(list.len() as f64),
        ("element", [List(_), index]) => at(arguments.first().cloned().unwrap_or(Value::Null), index)?,
        ("keys", [Map(entries)]) => List(entries.iter().map(|(name, _)| Text(name.clone())).collect()),
        ("values", [Map(entries)]) => List(entries.iter().map(|(_, value)| value.clone()).collect()),
        ("lookup", [Map(entries), Text(name), rest @ ..]) => {
            let found = entries.iter().find(|(key, _)| key == name).map(|(_, value)| value);
            found.or_else(|| rest.first()).cloned().ok_or(Unknown::Expression)?
        }
        ("concat", lists) if lists.iter().all(|list| matches!(list, List(_))) => {
            List(lists.iter().cloned().flat_map(Value::items).collect())
        }
        ("merge", maps) if maps.iter().all(|map| matches!(map, Map(_))) => {
            let entries = maps.iter().filter_map(|map| if let Map(entries) = map { Some(entries) } else { None });
            Map(entries.flatten().cloned().collect())
        }
        ("flatten", [List(lists)]) => List(lists.iter().cloned().flat_map(flat).collect()),
        ("reverselist", [List(list)]) => List(list.iter().rev().cloned().collect()),
        ("distinct", [List(list)]) => List(distinct(list)?),
        ("compact", [List(list)]) => List(list.iter().filter(|one| !one.is(&Text(String::new()))).cloned().collect()),
        ("coalesce", values) => values.iter().find(|one| **one != Value::Null).cloned().ok_or(Unknown::Expression)?,
        // One that is not known here may fail, or not.
        ("try", [first, ..]) => first.clone(),
        ("zipmap", [List(names), List(values)]) if names.len() == values.len() => {
            let entry = |(name, value): (&Value, &Value)| Ok((name.known_text()?, value.clone()));
            Map(names.iter().zip(values).map(entry).collect::<Result<_, _>>()?)
        }
        ("jsondecode", [Text(text)]) => of_json(serde_json::from_str(text).map_err(|_| Unknown::Expression)?)?,
        ("format", [Text(form), values @ ..]) => Text(formatted(form, values)?),
        _ => return Err(Unknown::Expression),
    })
}

/// Functions that take a variable without a value for the text that it is.
const OF_ANYTHING: [&str; 6] = ["equal", "notequal", "contains", "coalesce", "lookup", "try"];

/// The most values of a list that are compared with each other.
const MOST_COMPARED: usize = 100;

/// Each value of a list once.
fn distinct(list: &[Value]) -> Result<Vec<Value>, Unknown> {
    if list.len() > MOST_COMPARED {
        return Err(Unknown::Expression);
    }
    let mut once: Vec<Value> = Vec::new();
    for value in list {
        if !once.iter().any(|known| known.is(value)) {
            once.push(value.clone());
        }
    }
    Ok(once)
}

/// A value of JSON.
fn of_json(value: serde_json::Value) -> Result<Value, Unknown> {
    Ok(match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(value),
        serde_json::Value::Number(number) => Value::Number(number.as_f64().ok_or(Unknown::Expression)?),
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Array(list) => Value::List(list.into_iter().map(of_json).collect::<Result<_, _>>()?),
        serde_json::Value::Object(entries) => {
            let entry = |(name, value)| Ok((name, of_json(value)?));
            Value::Map(entries.into_iter().map(entry).collect::<Result<_, _>>()?)
        }
    })
}

/// A form with `%s`, `%v`, `%d` and `%%` in it; others are not known.
fn formatted(form: &str, values: &[Value]) -> Result<String, Unknown> {
    let (mut text, mut values) = (String::new(), values.iter());
    let mut characters = form.chars();
    while let Some(character) = characters.next() {
        let verb = if character == '%' { characters.next() } else { None };
        match (character, verb) {
            ('%', Some('%')) => text.push('%'),
            ('%', Some('s' | 'v')) => text.push_str(&values.next().ok_or(Unknown::Expression)?.known_text()?),
            ('%', Some('d')) => match values.next() {
                Some(Value::Number(number)) => text.push_str(&number.to_string()),
                other => return Err(other.map_or(Unknown::Expression, Value::unknown)),
            },
            ('%', _) => return Err(Unknown::Expression),
            _ => text.push(character),
        }
        if text.len() > LONGEST {
            return Err(Unknown::Expression);
        }
    }
    if values.next().is_some() { Err(Unknown::Expression) } else { Ok(text) }
}

/// A list within a list, taken apart once.
fn flat(value: Value) -> Vec<Value> {
    match value {
        Value::List(list) => list,
        other => vec![other],
    }
}
