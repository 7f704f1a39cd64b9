//! Where the values of arguments stand in bake files, and which of them are used for more.

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;

use super::blocks::entries;
use super::{Attribute, Reader};
use crate::scan::origin::Origins;
use crate::scan::{Editable, Shared};

impl Reader<'_, '_> {
    /// Where the values of arguments stand that are plain text: in the target, or as the default of a variable. One that is used for more is
    /// noted as shared.
    pub(super) fn origins(&self, one: &Attribute<'_>, shared: &mut Vec<Shared>) -> Origins {
        let plain = |layer: usize, expression: &Expression| {
            let literal = self.lines.get(layer)?.literal(expression.span()?, expression.as_str()?)?;
            Some(Editable { file: Some(self.layers.get(layer)?.path.to_owned()), ..literal })
        };
        let mut origin = |expression: &Expression| match expression {
            Expression::String(_) => plain(one.layer, expression),
            Expression::Variable(name) => {
                let name = name.as_str();
                let is_own = !one.locals.contains_key(name) && !self.evaluator.given.contains_key(name);
                let mut blocks = self.blocks.iter().rev().filter(|block| block.kind == "variable" && block.name == name);
                let (layer, value) = blocks.find_map(|block| Some((block.layer, block.said("default")?)).filter(|_| is_own))?;
                let value = plain(layer, value)?;
                if !self.is_for_arguments(name) {
                    shared.push(Shared::new(name, &value, "beside the arguments of targets"));
                }
                Some(value)
            }
            _ => None,
        };
        entries(one.value).into_iter().filter_map(|(name, expression)| Some((name, origin(expression)?))).collect()
    }

    /// True for a variable that stands nowhere but in arguments of targets, as the whole of their values.
    fn is_for_arguments(&self, name: &str) -> bool {
        let in_arguments: usize = self
            .blocks
            .iter()
            .flat_map(|block| block.attributes.iter().filter(|(key, _)| key == "args"))
            .flat_map(|(_, arguments)| entries(arguments))
            .map(|(key, value)| {
                let is_variable = matches!(value, Expression::Variable(variable) if variable.as_str() == name);
                usize::from(key == name) + usize::from(is_variable)
            })
            .sum();
        let declared = self.named("variable", name).count();
        let is_part = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
        let words = self.layers.iter().flat_map(|layer| layer.text.split(|character| !is_part(character)));
        words.filter(|word| *word == name).count() == in_arguments + declared
    }
}
