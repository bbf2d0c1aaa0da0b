//! A burn policy.

use super::value;
use crate::burn::{default_actions, default_tiers};
use crate::decode::Slot;
use crate::decode::fields::Fields;
use crate::problem::Problems;
use crate::watch_words::{BudgetDeed, BurnFamily};
use crate::word::Word;
use crate::{BudgetAction, BurnCondition, BurnPolicySpec, BurnTier, Severity, Span, show};

pub(crate) fn spec(slot: &Slot<'_>, problems: &mut Problems) -> Option<BurnPolicySpec> {
    let mut fields = Fields::open(slot, problems)?;
    let family = fields.required("family", &show::one_of(BurnFamily::WORDS), value::word);
    let tiers = value::list(
        |slot, problems| tier(slot, family, problems),
        (1, 20),
        "a list of 1 to 20 tiers, such as `{ severity: page, budget: 2, long: 1h }`",
    );
    let tiers = fields.optional("tiers", tiers);
    let actions = value::list(action, (0, 20), "a list of at most 20 actions, such as `{ at: 75, do: ticket }`");
    let actions = fields.optional("actions", actions);
    let min_bad = fields.optional("minBad", value::whole(0, u64::MAX));
    let min_total = fields.optional("minTotal", value::whole(0, u64::MAX));
    fields.finish();
    let default = BurnPolicySpec::of(family?);
    Some(BurnPolicySpec {
        tiers: tiers.unwrap_or_else(|| default_tiers(default.family)),
        actions: actions.unwrap_or_else(default_actions),
        min_bad: min_bad.unwrap_or(default.min_bad),
        min_total: min_total.unwrap_or(default.min_total),
        ..default
    })
}

/// The slice that a family counts, in hours; of a stream three evaluations of 5 minutes are a quarter of an hour.
const fn slice(family: BurnFamily) -> Span {
    match family {
        BurnFamily::Stream => Span::minutes(5),
        BurnFamily::Hourly => Span::hours(1),
        BurnFamily::Daily => Span::days(1),
        BurnFamily::Cohort => Span::days(7),
    }
}

fn tier(slot: &Slot<'_>, family: Option<BurnFamily>, problems: &mut Problems) -> Option<BurnTier> {
    let mut fields = Fields::open(slot, problems)?;
    let severity = fields.required("severity", &show::one_of(Severity::WORDS), value::word);
    let condition =
        if fields.has("bad") || fields.has("of") { slices(&mut fields) } else { budget(&mut fields, family) };
    let tier = fields.optional("tier", value::whole(1, 100));
    fields.synonym("for", "of");
    fields.synonym("window", "long");
    fields.synonym("percent", "budget");
    fields.finish();
    Some(BurnTier { severity: severity?, condition: condition?, tier })
}

fn slices(fields: &mut Fields<'_, '_>) -> Option<BurnCondition> {
    let bad = fields.required("bad", "a number of slices", value::whole(1, 1_000));
    let of = fields.required("of", "a number of slices", value::whole(1, 1_000));
    let (bad, of) = (bad?, of?);
    if bad > of {
        let problem = fields.problem("bad", format!("`bad` `{bad}` is above `of` `{of}`")).found(bad.to_string());
        fields.add(problem.expected("`bad` not above `of`").hint("so many bad slices can never be"));
    }
    Some(BurnCondition::Slices { bad, of })
}

fn budget(fields: &mut Fields<'_, '_>, family: Option<BurnFamily>) -> Option<BurnCondition> {
    let (min, max) = (Span::from_seconds(1), Span::days(366));
    let share = value::number(|value| value > 0.0 && value <= 100.0, "a percentage above 0 and at most 100");
    let percent = fields.required("budget", "a percentage of the budget, or `bad` and `of`", share);
    let long = fields.required("long", "a length of time such as `1h`", value::span(Span::minutes(1), max));
    let short = fields.optional("short", value::span(min, max));
    let (percent, long) = (percent?, long?);
    // Whole seconds, at least one.
    let short = short.unwrap_or_else(|| Span::from_seconds((long.seconds() / 12).max(1)));
    if short >= long {
        let problem = fields.problem("short", format!("`short` `{short}` is not below `long` `{long}`"));
        fields.add(problem.found(short.to_string()).expected(format!("less than `{long}`, such as a twelfth of it")));
    }
    if let Some(family) = family
        && long < slice(family).times(3)
    {
        let problem = fields.problem("long", format!("`long` `{long}` is under 3 slices of family `{family}`"));
        fields.add(problem.found(long.to_string()).expected(format!("at least `{}`", slice(family).times(3))));
    }
    Some(BurnCondition::Budget { percent, long, short })
}

fn action(slot: &Slot<'_>, problems: &mut Problems) -> Option<BudgetAction> {
    let mut fields = Fields::open(slot, problems)?;
    let at = fields.required("at", "a percentage of the budget", value::number(|at| at > 0.0, "a number above 0"));
    let deed = fields.required("do", &show::one_of(BudgetDeed::WORDS), value::word);
    fields.finish();
    Some(BudgetAction { at: at?, deed: deed? })
}
