//! Where Kubernetes lets a pod land: node selector, required affinity, taints and tolerations, the node's name.
//!
//! Source: kubernetes/kubernetes pkg/scheduler/framework/plugins (nodeaffinity, tainttoleration, nodename).

use super::{Labels, Node, Taint};

/// What a pod asks of its node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Placement {
    /// The node by its name.
    pub node_name: Option<String>,
    /// Labels that the node must have.
    pub selector: Labels,
    /// Required affinity: one of these must hold. None at all asks for nothing.
    pub terms: Option<Vec<Term>>,
    /// The taints that it bears.
    pub tolerations: Vec<Toleration>,
}

/// A term of required affinity: all of it must hold. An empty one never holds, nor does one with a value that no label can have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Term {
    /// Conditions on labels.
    pub labels: Vec<Condition>,
    /// Conditions on fields, of which there is one: `metadata.name`.
    pub fields: Vec<Condition>,
}

/// A condition on a label.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Condition {
    /// The label.
    pub key: String,
    /// `In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt` or `Lt`.
    pub operator: String,
    /// The values.
    pub values: Vec<String>,
}

/// A taint that a pod bears.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Toleration {
    /// The taint's key; empty for every key.
    pub key: String,
    /// True if any value will do.
    pub exists: bool,
    /// The value.
    pub value: String,
    /// The effect; empty for every effect.
    pub effect: String,
    /// True for another operator than `Equal` and `Exists`, e.g. `Gt` of Kubernetes 1.35: which values it bears is not known here.
    pub is_other: bool,
}

impl Placement {
    /// True if the scheduler may bind the pod to a node with this name.
    pub fn allows(&self, name: &str, node: &Node) -> bool {
        self.selects(name, &node.labels) && self.intolerable(&node.taints).is_none()
    }

    /// The same without its taints.
    pub fn selects(&self, name: &str, labels: &Labels) -> bool {
        let is_named = self.node_name.as_deref().is_none_or(|asked| asked == name);
        let is_selected = self.selector.iter().all(|(key, value)| labels.get(key) == Some(value));
        let is_near = self.terms.as_ref().is_none_or(|terms| terms.iter().any(|term| term.holds(name, labels)));
        is_named && is_selected && is_near
    }

    /// The first taint that keeps the pod away. A pod that names its node passes the scheduler by, and only `NoExecute` ends it.
    pub fn intolerable<'t>(&self, taints: &'t [Taint]) -> Option<&'t Taint> {
        self.all_intolerable(taints).next()
    }

    /// All of them.
    pub fn all_intolerable<'t>(&self, taints: &'t [Taint]) -> impl Iterator<Item = &'t Taint> {
        self.keeping_away(taints).filter(move |taint| !self.tolerations.iter().any(|toleration| toleration.may_bear(taint)))
    }

    /// True if it is known that it bears these taints, of which none is intolerable.
    #[cfg(any(feature = "clusters", test))]
    pub fn surely_bears(&self, taints: &[Taint]) -> bool {
        self.keeping_away(taints).all(|taint| self.tolerations.iter().any(|toleration| toleration.bears(taint)))
    }

    /// The taints that keep away pods that do not bear them.
    fn keeping_away<'t>(&self, taints: &'t [Taint]) -> impl Iterator<Item = &'t Taint> {
        let is_bound = self.node_name.is_some();
        taints.iter().filter(move |taint| match taint.effect.as_str() {
            "NoExecute" => true,
            "NoSchedule" => !is_bound,
            _ => false,
        })
    }

    /// The placement without what it asks of other labels than these, for hosts of which no more is known.
    #[must_use]
    pub fn of_labels(&self, known: &Labels) -> Self {
        let is_known = |condition: &Condition| known.contains_key(&condition.key);
        let term =
            |term: &Term| Term { labels: term.labels.iter().filter(|one| is_known(one)).cloned().collect(), fields: Vec::new() };
        let terms: Option<Vec<Term>> = self.terms.as_ref().map(|_| self.terms_that_can_hold().map(term).collect());
        Self {
            node_name: None,
            selector: self
                .selector
                .iter()
                .filter(|(key, _)| known.contains_key(*key))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            // A term of which nothing is left may hold.
            terms: terms.filter(|terms| !terms.iter().any(|term| term.labels.is_empty())),
            tolerations: self.tolerations.clone(),
        }
    }

    /// The values of a label that the pod asks for, where it names them.
    pub fn values_of(&self, key: &str) -> Option<Vec<&str>> {
        if let Some(value) = self.selector.get(key) {
            return Some(vec![value]);
        }
        let terms = self.terms_in_words();
        terms.first()?;
        let mut values = Vec::new();
        for term in terms {
            let named = term.labels.iter().find(|condition| condition.key == key && condition.operator == "In")?;
            values.extend(named.values.iter().map(String::as_str));
        }
        Some(values)
    }

    /// True if every term of the required affinity leaves out nodes whose label has this value.
    pub fn excludes(&self, key: &str, value: &str) -> bool {
        let leaves_out = |condition: &Condition| {
            condition.key == key && condition.operator == "NotIn" && condition.values.iter().any(|listed| listed == value)
        };
        let terms = self.terms_in_words();
        !terms.is_empty() && terms.iter().all(|term| term.labels.iter().any(leaves_out))
    }

    /// The terms of the required affinity that tell what the pod is for: those that can hold. Where none can, all that are not empty: the pod
    /// lands nowhere, and what it asks for is told all the same.
    fn terms_in_words(&self) -> Vec<&Term> {
        let can_hold: Vec<&Term> = self.terms_that_can_hold().collect();
        if can_hold.is_empty() { self.terms.iter().flatten().filter(|term| !term.is_empty()).collect() } else { can_hold }
    }

    /// The terms of the required affinity but those that never hold.
    fn terms_that_can_hold(&self) -> impl Iterator<Item = &Term> {
        self.terms.iter().flatten().filter(|term| term.can_hold())
    }
}

impl Term {
    fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// False for an empty one, and for one with a value that no label can have, whatever its operator: the API server takes such values, and the
    /// scheduler passes over the term (k8s.io/apimachinery pkg/labels, `NewRequirement`).
    fn can_hold(&self) -> bool {
        !self.is_empty() && self.labels.iter().flat_map(|condition| &condition.values).all(|value| is_label_value(value))
    }

    fn holds(&self, name: &str, labels: &Labels) -> bool {
        let by_name = |condition: &Condition| condition.key == "metadata.name" && condition.holds(Some(name));
        self.can_hold()
            && self.labels.iter().all(|condition| condition.holds(labels.get(&condition.key).map(String::as_str)))
            && self.fields.iter().all(by_name)
    }
}

/// True for a text that a label can have as its value; an empty one is.
pub(super) fn is_label_value(text: &str) -> bool {
    let is_outer = |byte: u8| byte.is_ascii_alphanumeric();
    let is_inner = |byte: u8| is_outer(byte) || matches!(byte, b'-' | b'_' | b'.');
    let ends = [text.bytes().next(), text.bytes().next_back()];
    text.len() <= 63 && text.bytes().all(is_inner) && ends.into_iter().flatten().all(is_outer)
}

impl Condition {
    fn holds(&self, value: Option<&str>) -> bool {
        let is_listed = || value.is_some_and(|value| self.values.iter().any(|listed| listed == value));
        let compared = || {
            let wanted: i64 = self.values.first()?.parse().ok()?;
            let value: i64 = value?.parse().ok()?;
            Some(value.cmp(&wanted))
        };
        match self.operator.as_str() {
            "In" => is_listed(),
            // A node without the label is not in the list either.
            "NotIn" => !is_listed(),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            "Gt" => compared().is_some_and(std::cmp::Ordering::is_gt),
            "Lt" => compared().is_some_and(std::cmp::Ordering::is_lt),
            _ => false,
        }
    }
}

impl Toleration {
    #[cfg(any(feature = "clusters", test))]
    fn bears(&self, taint: &Taint) -> bool {
        !self.is_other && self.may_bear(taint)
    }

    /// True as well where that is not known.
    fn may_bear(&self, taint: &Taint) -> bool {
        let is_key = if self.key.is_empty() { self.exists } else { self.key == taint.key };
        let is_value = self.exists || self.is_other || self.value == taint.value;
        is_key && is_value && (self.effect.is_empty() || self.effect == taint.effect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn condition(key: &str, operator: &str, values: &[&str]) -> Condition {
        Condition { key: key.into(), operator: operator.into(), values: values.iter().map(|value| (*value).to_owned()).collect() }
    }

    #[test]
    fn operators_hold_as_in_the_scheduler() {
        for (operator, values, value, holds) in [
            ("In", &["a", "b"][..], Some("b"), true),
            ("In", &["a"], None, false),
            ("NotIn", &["a"], Some("b"), true),
            ("NotIn", &["a"], Some("a"), false),
            ("NotIn", &["a"], None, true),
            ("Exists", &[], Some(""), true),
            ("Exists", &[], None, false),
            ("DoesNotExist", &[], None, true),
            ("Gt", &["17763"], Some("20348"), true),
            ("Gt", &["20348"], Some("20348"), false),
            ("Gt", &["1"], Some("x"), false),
            ("Lt", &["20348"], Some("17763"), true),
            ("Near", &["a"], Some("a"), false),
        ] {
            assert_eq!(condition("k", operator, values).holds(value), holds, "{operator} {values:?} {value:?}");
        }
    }

    #[test]
    fn terms_are_ored_and_an_empty_one_never_holds() {
        let node = labels(&[("os", "windows"), ("build", "10.0.20348")]);
        let term = |conditions: &[Condition]| Term { labels: conditions.to_vec(), fields: vec![] };
        let with = |terms: Vec<Term>| Placement { terms: Some(terms), ..Placement::default() };
        assert!(Placement::default().selects("n", &node));
        assert!(!with(vec![]).selects("n", &node));
        assert!(!with(vec![Term::default()]).selects("n", &node));
        let fits = term(&[condition("build", "In", &["10.0.20348"])]);
        let other = term(&[condition("build", "In", &["10.0.17763"])]);
        assert!(with(vec![other.clone(), fits.clone()]).selects("n", &node));
        assert!(!with(vec![other.clone()]).selects("n", &node));
        assert_eq!(with(vec![other, fits]).values_of("build"), Some(vec!["10.0.17763", "10.0.20348"]));
        let named = Term { labels: vec![], fields: vec![condition("metadata.name", "In", &["n"])] };
        assert!(with(vec![named.clone()]).selects("n", &node));
        assert!(!with(vec![named]).selects("m", &node));
    }

    /// The values are those that a real API server takes, and the scheduler does not.
    #[test]
    fn a_value_that_no_label_can_have_keeps_its_whole_term_from_holding() {
        let node = labels(&[("build", "17")]);
        let term = |operator: &str, values: &[&str]| Term { labels: vec![condition("build", operator, values)], fields: vec![] };
        let on = |terms: Vec<Term>| Placement { terms: Some(terms), ..Placement::default() }.selects("n", &node);
        let (longest, long) = ("x".repeat(63), "x".repeat(64));
        for (operator, values, holds) in [
            ("Gt", &["-1"][..], false),
            ("Gt", &["+5"], false),
            ("Gt", &["007"], true),
            ("NotIn", &["bad value!"], false),
            ("NotIn", &["a/b"], false),
            ("NotIn", &["-a"], false),
            ("NotIn", &["a."], false),
            ("NotIn", &[long.as_str()], false),
            ("NotIn", &[longest.as_str()], true),
            ("NotIn", &["a_b.c-D"], true),
            ("NotIn", &[""], true),
            ("In", &["bad value!", "17"], false),
            ("In", &["16", "17"], true),
        ] {
            assert_eq!(on(vec![term(operator, values)]), holds, "{operator} {values:?}");
            // Other terms count.
            assert!(on(vec![term(operator, values), term("In", &["17"])]), "{operator} {values:?}");
        }
        // One bad value is enough, also beside conditions that hold, and of a label that is not known here.
        let both = Term { labels: vec![condition("build", "Exists", &[]), condition("pool", "NotIn", &["!"])], fields: vec![] };
        let placement = Placement { terms: Some(vec![both]), ..Placement::default() };
        assert!(!placement.selects("n", &node) && !placement.of_labels(&node).selects("", &node));
        // The names of nodes are longer than values of labels.
        let name = format!("{long}.example");
        let named = Term { labels: vec![], fields: vec![condition("metadata.name", "In", &[name.as_str()])] };
        assert!(Placement { terms: Some(vec![named]), ..Placement::default() }.selects(&name, &node));
    }

    /// The API server of older versions takes `10.0.17763 `, and the pod is for Windows, wherever it lands.
    #[test]
    fn a_term_that_never_holds_tells_what_the_pod_is_for_unless_another_can_hold() {
        let with = |terms: &[Condition]| {
            let term = |condition: &Condition| Term { labels: vec![condition.clone()], fields: vec![] };
            Placement { terms: Some(terms.iter().map(term).collect()), ..Placement::default() }
        };
        let (bad, good) = (condition("build", "In", &["10.0.17763 "]), condition("build", "In", &["10.0.20348"]));
        let only = with(std::slice::from_ref(&bad));
        assert_eq!(only.values_of("build"), Some(vec!["10.0.17763 "]));
        assert!(!only.selects("n", &labels(&[("build", "10.0.17763")])) && !only.excludes("os", "linux"));
        assert_eq!(with(&[bad, good]).values_of("build"), Some(vec!["10.0.20348"]));
        assert!(with(&[condition("os", "NotIn", &["linux", "a b"])]).excludes("os", "linux"));
    }

    #[test]
    fn an_empty_term_holds_on_hosts_of_which_little_is_known_neither() {
        let known = labels(&[("build", "10.0.20348")]);
        let term = |key: &str, value: &str| Term { labels: vec![condition(key, "In", &[value])], fields: vec![] };
        let on =
            |terms: Vec<Term>| Placement { terms: Some(terms), ..Placement::default() }.of_labels(&known).selects("", &known);
        assert!(!on(vec![Term::default()]));
        assert!(!on(vec![Term::default(), term("build", "10.0.17763")]));
        assert!(on(vec![Term::default(), term("build", "10.0.20348")]));
        // Of another label nothing is known, so it may be there.
        assert!(on(vec![term("pool", "a"), term("build", "10.0.17763")]));
        let placement = Placement { terms: Some(vec![Term::default(), term("os", "windows")]), ..Placement::default() };
        assert_eq!(placement.values_of("os"), Some(vec!["windows"]));
        assert_eq!(Placement { terms: Some(vec![Term::default()]), ..placement }.values_of("os"), None);
    }

    #[test]
    fn taints_keep_away_who_does_not_bear_them() {
        let node = |effect: &str| {
            let taint = Taint { key: "os".into(), value: "Windows".into(), effect: effect.into() };
            Node { taints: vec![taint], ..Node::default() }
        };
        let bearing = |key: &str, exists, value: &str, effect: &str| Placement {
            tolerations: vec![Toleration {
                key: key.into(),
                exists,
                value: value.into(),
                effect: effect.into(),
                is_other: false,
            }],
            ..Placement::default()
        };
        for (placement, effect, allowed) in [
            (Placement::default(), "NoSchedule", false),
            (Placement::default(), "PreferNoSchedule", true),
            (bearing("os", false, "Windows", "NoSchedule"), "NoSchedule", true),
            (bearing("os", false, "windows", "NoSchedule"), "NoSchedule", false),
            (bearing("os", false, "Windows", ""), "NoExecute", true),
            (bearing("os", true, "", ""), "NoSchedule", true),
            (bearing("", true, "", ""), "NoSchedule", true),
            (bearing("os", false, "Windows", "NoExecute"), "NoSchedule", false),
            (Placement { node_name: Some("n".into()), ..Placement::default() }, "NoSchedule", true),
            (Placement { node_name: Some("n".into()), ..Placement::default() }, "NoExecute", false),
        ] {
            assert_eq!(placement.allows("n", &node(effect)), allowed, "{placement:?} {effect}");
            assert!(!allowed || placement.surely_bears(&node(effect).taints), "{placement:?} {effect}");
        }
    }

    /// Kubernetes 1.35 compares the values of some taints: nobody is kept away by that, and nobody surely lands.
    #[test]
    fn an_operator_that_is_not_known_may_bear_a_taint_of_its_key() {
        let taint = |key: &str| [Taint { key: key.into(), value: "950".into(), effect: "NoSchedule".into() }];
        let toleration = Toleration { key: "sla".into(), value: "900".into(), is_other: true, ..Toleration::default() };
        let placement = Placement { tolerations: vec![toleration], ..Placement::default() };
        assert_eq!((placement.intolerable(&taint("sla")), placement.surely_bears(&taint("sla"))), (None, false));
        assert!(placement.intolerable(&taint("other")).is_some());
        assert!(placement.surely_bears(&[]));
    }
}
