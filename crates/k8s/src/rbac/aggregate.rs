//! The rules of aggregated ClusterRoles, as the cluster's controller leaves them
//! (pkg/controller/clusterroleaggregation).

use super::types::{ClusterRole, LabelSelector, LabelSelectorRequirement, PolicyRule};
use super::validate::is_selector;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Fills the aggregated roles, one by one in the order of their names, until none gains or loses a rule.
///
/// Where roles with rules of their own select each other, the outcome depends on who comes first, also in a
/// cluster; the order of names makes ours a fixed one.
pub(super) fn aggregate(roles: &mut BTreeMap<String, ClusterRole>) {
    let mut table = Table::default();
    let mut held: Vec<Vec<usize>> = roles.values().map(|role| table.ids(&role.rules)).collect();
    let sources: Vec<(usize, Vec<usize>)> =
        roles.values().enumerate().filter_map(|(i, role)| Some((i, selected(i, role, roles)?))).collect();
    for round in 0..=sources.len() + SETTLING {
        let mut changed = false;
        // Rules that go round in a circle for ever come to rest when the order is turned now and then.
        if round > sources.len() && round % 2 == 0 {
            sources.iter().rev().for_each(|source| changed |= fill(source, &mut held));
        } else {
            sources.iter().for_each(|source| changed |= fill(source, &mut held));
        }
        if !changed {
            break;
        }
    }
    let filled: HashSet<usize> = sources.into_iter().map(|(i, _)| i).collect();
    for (i, (role, ids)) in roles.values_mut().zip(held).enumerate() {
        if filled.contains(&i) {
            role.rules = ids.iter().filter_map(|id| table.rules.get(*id).cloned()).collect();
        }
    }
}

/// Rounds beyond one for each role, which is enough for every chain.
const SETTLING: usize = 16;

/// Each different rule once. The order inside of a rule counts.
#[derive(Default)]
struct Table {
    rules: Vec<PolicyRule>,
    places: HashMap<PolicyRule, usize>,
}

impl Table {
    fn ids(&mut self, rules: &[PolicyRule]) -> Vec<usize> {
        rules.iter().map(|rule| self.id(rule)).collect()
    }

    fn id(&mut self, rule: &PolicyRule) -> usize {
        if let Some(place) = self.places.get(rule) {
            return *place;
        }
        self.rules.push(rule.clone());
        let place = self.rules.len() - 1;
        self.places.insert(rule.clone(), place);
        place
    }
}

/// The roles that the `me`th selects, in the order of selectors, then of names; none if it does not aggregate.
fn selected(me: usize, role: &ClusterRole, roles: &BTreeMap<String, ClusterRole>) -> Option<Vec<usize>> {
    let selectors = &role.aggregation_rule.as_ref()?.cluster_role_selectors;
    // The controller gives up on a role with a selector that it does not understand.
    if !selectors.iter().all(is_selector) {
        return None;
    }
    let mut seen = HashSet::from([me]);
    let mut found = Vec::new();
    for selector in selectors {
        let chosen = roles.values().enumerate().filter(|(_, other)| matches(selector, &other.metadata.labels));
        found.extend(chosen.map(|(i, _)| i).filter(|i| seen.insert(*i)));
    }
    Some(found)
}

/// Takes over the rules of the sources, if there are any; says whether the set is another one then.
fn fill((me, sources): &(usize, Vec<usize>), held: &mut [Vec<usize>]) -> bool {
    let mut seen = HashSet::new();
    let ids = sources.iter().filter_map(|source| held.get(*source)).flatten();
    let rules: Vec<usize> = ids.copied().filter(|id| seen.insert(*id)).collect();
    match held.get_mut(*me) {
        Some(mine) if !rules.is_empty() => {
            let changed = mine.iter().copied().collect::<BTreeSet<_>>() != rules.iter().copied().collect();
            *mine = rules;
            changed
        }
        _ => false,
    }
}

fn matches(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    selector.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
        && selector.match_expressions.iter().all(|requirement| meets(requirement, labels))
}

fn meets(requirement: &LabelSelectorRequirement, labels: &BTreeMap<String, String>) -> bool {
    let value = labels.get(&requirement.key);
    match requirement.operator.as_str() {
        "In" => value.is_some_and(|value| requirement.values.contains(value)),
        "NotIn" => value.is_none_or(|value| !requirement.values.contains(value)),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        _ => false,
    }
}
