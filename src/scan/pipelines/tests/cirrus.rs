//! What tasks of Cirrus run in, with which variables, and on which machine.

use super::*;

#[test]
fn variables_of_cirrus_stand_under_either_name() {
    let both = "env: {TAG: '1'}\nwindows_task:\n  environment: {TAG: '2'}\n  windows_container: {image: 'a:$TAG'}\n";
    assert_eq!(meanings(".cirrus.yml", both), ["a:2"]);
}

/// A child of every `matrix` takes its place, in each task that comes of it.
#[test]
fn a_task_of_cirrus_runs_once_for_each_child_of_its_matrices() {
    for (task, expected) in [
        ("env: {matrix: [{V: '2'}, {V: '3'}]}\n  windows_container: {image: 'a:$V'}", vec!["a:2", "a:3"]),
        ("env:\n    matrix:\n      V: '2'\n      V: '3'\n  windows_container: {image: 'a:$V'}", vec!["a:2", "a:3"]),
        ("env: {V: '2', matrix: [{W: x}, {W: y}]}\n  windows_container: {image: 'a:$V-$W'}", vec!["a:2-x", "a:2-y"]),
        ("matrix: [{env: {V: '2'}}, {name: b}]\n  windows_container: {image: 'a:$V'}", vec!["a:2", "a:1"]),
        ("env: {matrix: [{W: x}, {W: y}]}\n  windows_container: {image: 'a:$V'}", vec!["a:1"]),
        ("env: {V: {matrix: ['2', '3']}}\n  windows_container: {image: 'a:$V'}", vec!["$V"]),
        ("windows_container:\n    matrix:\n      image: b:1\n      image: b:2", vec!["b:1", "b:2"]),
        ("windows_container: {image: {matrix: ['b:1', 'b:2']}}", vec!["b:1", "b:2"]),
    ] {
        let text = format!("env: {{V: '1'}}\nwindows_task:\n  {task}\n");
        assert_eq!(meanings(".cirrus.yml", &text), expected, "{task}");
    }
    let rows: Vec<String> = (0..300).map(|number| format!("{{V: '{number}'}}")).collect();
    let large = format!("a_task:\n  env: {{matrix: [{}]}}\n  windows_container: {{image: 'a:$V'}}\n", rows.join(", "));
    assert_eq!(meanings(".cirrus.yml", &large), ["$V"]);
}

/// The container at the top has the variables of the tasks that it is for, and each its own machine.
#[test]
fn a_container_of_cirrus_at_the_top_is_for_tasks_without_a_machine() {
    let top =
        "windows_container: {image: 'a:$V'}\na_task:\n  env: {V: '2'}\nb_task:\n  env: {V: '3'}\n  container: {image: 'b:1'}\n";
    assert_eq!(meanings(".cirrus.yml", top), ["a:2"]);
    let machines =
        "task:\n  windows_container:\n    image: a:1\n    matrix: [{os_version: 2016}, {os_version: 1803}, {os_version: x}]\n";
    let expected = ["ltsc2016", "1803", "fleet"].map(|host| format!("3:12 a:1 Windows {host}"));
    assert_eq!(found(".cirrus.yml", machines), expected);
}
