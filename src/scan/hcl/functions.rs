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
        _ => Err(Unknown::Expression),
    };
    Ok(match operator {
        BinaryOperator::Eq => Value::Bool(left == right),
        BinaryOperator::NotEq => Value::Bool(left != right),
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
    Ok(match (name, arguments.as_slice()) {
        ("equal", [left, right]) => Bool(left == right),
        ("notequal", [left, right]) => Bool(left != right),
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
            let parts: Option<Vec<String>> = list.iter().map(Value::text).collect();
            let parts = parts.ok_or(Unknown::Expression)?;
            if parts.len().saturating_mul(between.len()) > LONGEST {
                return Err(Unknown::Expression);
            }
            Text(parts.join(between))
        }
        ("contains", [List(list), value]) => Bool(list.contains(value)),
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
        _ => return Err(Unknown::Expression),
    })
}

/// A list within a list, taken apart once.
fn flat(value: Value) -> Vec<Value> {
    match value {
        Value::List(list) => list,
        other => vec![other],
    }
}
