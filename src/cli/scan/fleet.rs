//! The hosts of a scan: equal ones judged once, and those that a container can land on.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use jiff::civil::Date;

use super::answer::name_of;
use super::unknown::unresolved;
use crate::host::placement::Placement;
use crate::host::{Host, Node, Spec, parse};
use crate::knowledge::Knowledge;
use crate::report::document::{HostEntry, ResultEntry};
use crate::report::plain::clean;
use crate::scan::{Asked, Found, IsolatedBy, Lands};
use crate::text::quoted;
use crate::{Architecture, Error, ErrorKind};

/// A host that a container can land on, and the names of all that are equal to it.
#[derive(Clone, Debug)]
pub struct Landed {
    /// One of them, called after all.
    pub host: Host,
    /// The names of all.
    pub names: Arc<[String]>,
}

impl Landed {
    fn of(host: &Host, names: Arc<[String]>) -> Self {
        Self { host: Host { label: joined(&names), ..host.clone() }, names }
    }

    /// True if this host is among those that the result is about.
    pub fn has(&self, entry: &ResultEntry) -> bool {
        let host = &entry.host;
        self.host.os_version == host.os_version && host.names().iter().all(|name| self.names.iter().any(|known| known == name))
    }
}

/// The hosts that a container can land on, one of each kind.
pub type Landing = Result<Rc<[Landed]>, Error>;

/// The name of equal hosts, e.g. `web and 2 more`.
fn joined(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first, others @ ..] => format!("{first} and {} more", others.len()),
    }
}

/// The hosts of these names, all among those that this one stands for.
pub fn among(host: &HostEntry, names: Vec<String>) -> HostEntry {
    let label = joined(&names);
    let alike: Arc<[String]> = if names.len() > 1 { names.into() } else { Arc::default() };
    HostEntry { label, alike: alike.into(), ..host.clone() }
}

/// References that are judged alike: the text of the image, where it lands, the processor and isolation that the file asks for, and how
/// it does; and whether files are mounted out of it alone.
type Alike = (String, Lands, Option<Architecture>, Option<Asked>, IsolatedBy, bool);

/// The hosts of a scan.
#[derive(Debug)]
pub struct Fleet {
    /// One of each kind.
    kinds: Vec<Host>,
    /// Every host with the number of its kind.
    members: Vec<(Host, usize)>,
    /// Those that were asked for already: many containers land alike.
    landings: RefCell<HashMap<Lands, Landing>>,
    /// The names of equal hosts, each list once: lists are compared for every result.
    names: RefCell<BTreeSet<Arc<[String]>>>,
    /// Results that are known already: many references are alike.
    results: RefCell<HashMap<Alike, Rc<[ResultEntry]>>>,
}

impl Fleet {
    /// These hosts. Those that differ in their names alone are of one kind.
    pub fn of(hosts: impl IntoIterator<Item = Host>) -> Self {
        let mut fleet = Self {
            kinds: Vec::new(),
            members: Vec::new(),
            landings: RefCell::default(),
            names: RefCell::default(),
            results: RefCell::default(),
        };
        let mut known: Vec<Host> = Vec::new();
        for host in hosts {
            let unnamed = unnamed(&host);
            let kind = known.iter().position(|known| *known == unnamed).unwrap_or_else(|| {
                known.push(unnamed);
                fleet.kinds.push(host.clone());
                fleet.kinds.len() - 1
            });
            fleet.members.push((host, kind));
        }
        fleet.kinds = fleet.allowed(|_| true).into_iter().map(|landed| landed.host).collect();
        fleet
    }

    /// One host of each kind.
    pub fn hosts(&self) -> &[Host] {
        &self.kinds
    }

    /// The hosts that a container can land on, one of each kind.
    ///
    /// # Errors
    ///
    /// None of them.
    pub fn landing(&self, lands: &Lands, knowledge: &Knowledge, today: Date) -> Landing {
        if let Some(known) = self.landings.borrow().get(lands) {
            return known.clone();
        }
        let hosts = self.found(lands, knowledge, today).map(Rc::from);
        self.landings.borrow_mut().insert(lands.clone(), hosts.clone());
        hosts
    }

    /// The results of a reference on these hosts: those of one like it, or what this function makes.
    ///
    /// # Errors
    ///
    /// Those of the function.
    pub fn results(
        &self,
        found: &Found,
        make: impl FnOnce() -> Result<Vec<ResultEntry>, Error>,
    ) -> Result<Rc<[ResultEntry]>, Error> {
        let name = name_of(found).to_owned();
        let alike = (name, found.lands.clone(), found.processor, found.isolation, found.isolated_by, found.is_mounted());
        if let Some(known) = self.results.borrow().get(&alike) {
            return Ok(Rc::clone(known));
        }
        let results: Rc<[ResultEntry]> = make()?.into();
        self.results.borrow_mut().insert(alike, Rc::clone(&results));
        Ok(results)
    }

    fn found(&self, lands: &Lands, knowledge: &Knowledge, today: Date) -> Result<Vec<Landed>, Error> {
        match lands {
            Lands::Fleet => Ok(self.allowed(|_| true)),
            Lands::Nodes(placement) => self.nodes(placement),
            Lands::Nowhere { why, hint } | Lands::Linux { why, hint } => {
                Err(Error::new("this container can run nowhere").because(why).hint(hint.as_str()))
            }
            Lands::Unknown(machine) => {
                Err(Error::of(ErrorKind::Unresolved, format!("the Windows of the machine {} is not known", quoted(machine)))
                    .because("it is not one of the user's own, and its name does not say its release")
                    .hint("use one whose name does, such as windows-2022"))
            }
            Lands::Untold(names) => Err(unresolved(names).because("it says what the container runs on")),
            Lands::Unread { why, hint } => {
                let error = Error::of(ErrorKind::Unresolved, "it is not known what this container runs on");
                Err(error.because(why).hint(hint.as_str()))
            }
            // A name that is not known may be that of any Windows.
            Lands::Hosted(name) => match parse(name, knowledge, today).map_err(|error| error.of_kind(ErrorKind::Unresolved))? {
                Spec::Hosts(hosts) => Ok(hosts.iter().map(|host| Landed::of(host, Arc::from([called(host)]))).collect()),
                _ => Err(Error::of(ErrorKind::Unresolved, format!("the host {name} is not known"))
                    .hint("name a release of Windows, such as ltsc2022")),
            },
        }
    }

    /// The hosts that this function allows, one of each kind.
    fn allowed(&self, is_allowed: impl Fn(&Host) -> bool) -> Vec<Landed> {
        let mut kinds: Vec<(usize, Vec<String>)> = Vec::new();
        for (host, kind) in self.members.iter().filter(|(host, _)| is_allowed(host)) {
            match kinds.iter_mut().find(|(known, _)| known == kind) {
                Some((_, names)) => names.push(called(host)),
                None => kinds.push((*kind, vec![called(host)])),
            }
        }
        kinds.into_iter().filter_map(|(kind, names)| Some(Landed::of(self.kinds.get(kind)?, self.known(names)))).collect()
    }

    /// These names, as a list that is there once.
    fn known(&self, names: Vec<String>) -> Arc<[String]> {
        let mut known = self.names.borrow_mut();
        if let Some(list) = known.get(names.as_slice()) {
            return Arc::clone(list);
        }
        let list: Arc<[String]> = names.into();
        known.insert(Arc::clone(&list));
        list
    }

    fn nodes(&self, placement: &Placement) -> Result<Vec<Landed>, Error> {
        let hosts = self.allowed(|host| match &host.node {
            Some(node) => placement.allows(&host.label, node),
            None => {
                let labels = host.usual_labels();
                placement.of_labels(&labels).allows(&host.label, &Node { labels, ..Node::default() })
            }
        });
        if hosts.is_empty() { Err(self.no_node(placement)) } else { Ok(hosts) }
    }

    /// The error about a pod that can land on none of the hosts.
    fn no_node(&self, placement: &Placement) -> Error {
        let error = Error::new("none of these hosts can take the pod");
        let has_labels = "compare them with the labels and taints of the nodes: `kubectl get nodes --show-labels`";
        // A host that is no node has no name that a pod could give.
        let are_nodes = self.members.iter().all(|(host, _)| host.node.is_some());
        let Some(name) = placement.node_name.as_ref().filter(|_| are_nodes) else {
            return error.because("its node selector, affinity or tolerations leave out each of them").hint(has_labels);
        };
        if self.members.iter().any(|(host, _)| host.label == *name) {
            let why = format!("its `nodeName` is {name}, and its node selector, affinity or tolerations leave out that node");
            return error.because(clean(&why)).hint(has_labels);
        }
        error
            .because(clean(&format!("its `nodeName` is {name}, and none of these hosts has that name")))
            .hint("name a Windows node in `nodeName`, take it out, or use a list of nodes that has this one")
    }
}

/// The name of a host in answers.
fn called(host: &Host) -> String {
    clean(&host.label).into_owned()
}

/// The host without what no answer depends on: hosts that are equal then get the same answers.
fn unnamed(host: &Host) -> Host {
    Host { label: String::new(), file: None, node: None, ..host.clone() }
}
