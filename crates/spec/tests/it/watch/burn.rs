//! Burn policies: families, factors, and what is refused.

use watchkeeper_spec::{BudgetDeed, BurnCondition, BurnFamily, BurnPolicySpec, Resource, Severity, Span};

use super::{of, one, refused};

fn policy(spec: &str) -> BurnPolicySpec {
    let Resource::BurnPolicy(policy) = one(&of("BurnPolicy", spec)) else { panic!() };
    policy.spec
}

/// How loud, the burn rate rounded to hundredths, bad slices of how many.
type Shape = (Severity, Option<f64>, Option<(u64, u64)>);

#[test]
fn families() {
    let period = Span::days(28);
    let shape = |family: &str| -> Vec<Shape> {
        let factor =
            |condition: &BurnCondition| condition.factor(period).map(|factor| (factor * 100.0).round() / 100.0);
        let slices = |condition: &BurnCondition| match condition {
            BurnCondition::Slices { bad, of } => Some((*bad, *of)),
            _ => None,
        };
        policy(&format!("family: {family}"))
            .tiers
            .iter()
            .map(|tier| (tier.severity, factor(&tier.condition), slices(&tier.condition)))
            .collect()
    };
    use Severity::{Page, Ticket};
    let budget = |severity, factor| (severity, Some(factor), None);
    let slices = |severity, bad, of| (severity, None, Some((bad, of)));
    assert_eq!(shape("stream"), [budget(Page, 13.44), budget(Page, 5.6), budget(Ticket, 2.8), budget(Ticket, 0.93)]);
    assert_eq!(shape("hourly"), [budget(Page, 5.6), budget(Ticket, 2.8), budget(Ticket, 1.87)]);
    assert_eq!(shape("daily"), [slices(Page, 4, 7), slices(Ticket, 2, 3)]);
    assert_eq!(shape("cohort"), [slices(Page, 2, 2), slices(Ticket, 1, 1)]);
}

#[test]
fn defaults() {
    let stream = policy("family: stream");
    assert_eq!((stream.min_bad, stream.min_total), (5, 30));
    assert_eq!(stream, BurnPolicySpec::of(BurnFamily::Stream));
    let actions: Vec<(f64, BudgetDeed)> = stream.actions.iter().map(|action| (action.at, action.deed)).collect();
    assert_eq!(actions, [(50.0, BudgetDeed::Annotate), (75.0, BudgetDeed::Ticket), (100.0, BudgetDeed::CloseGate)]);
    // The page of daily slices is for the most important models.
    let tiers: Vec<Option<u64>> = policy("family: daily").tiers.iter().map(|tier| tier.tier).collect();
    assert_eq!(tiers, [Some(1), None]);
    assert_eq!(policy("family: daily").min_total, 0);
    let own = policy("family: stream\ntiers: [{severity: page, budget: 2, long: 1h}]").tiers[0].condition;
    assert_eq!(own, BurnCondition::Budget { percent: 2.0, long: Span::hours(1), short: Span::minutes(5) });
}

#[test]
fn refusals() {
    refused(
        &of(
            "BurnPolicy",
            "family: hourly\ntiers:\n  - {severity: page, budget: 5, long: 2h}\n  - {severity: page, budget: 101, long: 6h, short: 6h}\n  - {severity: ticket, bad: 4, of: 3}\n  - {severity: ticket}\n  - {severity: ticket, percent: 1, long: 6h}\nactions: [{at: 100, do: freeze}]",
        ),
        &[
            "w.yaml:7:41: `long` `2h` is under 3 slices of family `hourly`; expected at least `3h`",
            "w.yaml:8:32: `spec.tiers[1].budget` is `101`; expected a percentage above 0 and at most 100",
            "w.yaml:8:54: `short` `6h` is not below `long` `6h`; expected less than `6h`, such as a twelfth of it",
            "w.yaml:9:31: `bad` `4` is above `of` `3`; expected `bad` not above `of`; so many bad slices can never be",
            "w.yaml:10:7: missing field `budget` in `spec.tiers[3]`; expected a percentage of the budget, or `bad` and `of`",
            "w.yaml:10:7: missing field `long` in `spec.tiers[3]`; expected a length of time such as `1h`",
            "w.yaml:11:7: missing field `budget` in `spec.tiers[4]`; expected a percentage of the budget, or `bad` and `of`",
            "w.yaml:11:26: unknown field `percent` in `spec.tiers[4]`; did you mean `budget`? expected one of `severity`, \
             `budget`, `long`, `short`, `tier`",
            "w.yaml:12:27: unknown budget action `freeze` at `spec.actions[0].do`; did you mean `close_gate`? expected one of \
             `annotate`, `ticket`, `close_gate`",
        ],
    );
}
