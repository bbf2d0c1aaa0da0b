//! The command-line reference of the documentation, made from the definitions in [`super::args`].

use clap::{Arg, Command, CommandFactory};

use super::args::Cli;

/// `docs/cli.md`.
#[must_use]
pub fn reference() -> String {
    let mut root = Cli::command();
    root.build();
    let mut out =
        String::from("# Command line\n\nMade from the program's own definitions; do not edit (`make docs`).\n");
    out.push_str(&format!("\n{}\n", about(&root)));
    sections(&root, &mut out);
    out.push_str("\n## Exit codes\n\n| code | when |\n|---|---|\n| 0 | all is well, or below `--fail-on` |\n");
    out.push_str(
        "| 1 | `check`: the verdict is at or above `--fail-on`; `send`, `import`: rows were rejected; `diff`: something \
         would change; `lint`: there are problems; `test`: something is not as expected; `verify`: there \
         was tampering |\n| 2 | bad usage or bad input |\n| 3 | internal error |\n",
    );
    out
}

/// The commands, and under those that only have commands of their own, these.
fn sections(parent: &Command, out: &mut String) {
    for command in parent.get_subcommands().filter(|command| command.get_name() != "help") {
        if command.has_subcommands() {
            sections(command, out);
        } else {
            out.push_str(&section(command));
        }
    }
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

fn section(command: &Command) -> String {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let mut out = format!("\n## {name}\n\n{}\n\n", about(command));
    let usage = command.clone().render_usage().to_string();
    out.push_str(&format!("```text\n{}\n```\n\n| option | meaning |\n|---|---|\n", usage.replace("Usage: ", "")));
    for argument in command.get_arguments().filter(|argument| argument.get_id() != "help") {
        out.push_str(&format!("| {} | {} |\n", spelling(argument), meaning(argument)));
    }
    if let Some(after) = command.get_after_help() {
        out.push_str(&format!("\n```text\n{}\n```\n", after.to_string().trim_end()));
    }
    out
}

fn spelling(argument: &Arg) -> String {
    let long = argument.get_long().map(|long| format!("--{long}"));
    let short = argument.get_short().map(|short| format!("-{short}"));
    let names: Vec<String> = [short, long].into_iter().flatten().collect();
    let takes_value = argument.get_action().takes_values();
    let value = argument.get_value_names().filter(|_| takes_value).map(|names| names.join(" ")).unwrap_or_default();
    let text = if names.is_empty() { format!("<{value}>") } else { format!("{} {value}", names.join(", ")) };
    format!("`{}`", text.trim()).replace('|', "\\|")
}

fn meaning(argument: &Arg) -> String {
    let mut text = argument.get_help().map(ToString::to_string).unwrap_or_default().replace('|', "\\|");
    let possible = argument.get_possible_values();
    let words: Vec<String> = possible.iter().map(|value| format!("`{}`", value.get_name())).collect();
    if !words.is_empty() && argument.get_action().takes_values() {
        text.push_str(&format!(" One of {}.", words.join(", ")));
    }
    let defaults: Vec<String> =
        argument.get_default_values().iter().map(|d| format!("`{}`", d.to_string_lossy())).collect();
    if !defaults.is_empty() && argument.get_action().takes_values() {
        text.push_str(&format!(" Default: {}.", defaults.join(", ")));
    }
    text
}
