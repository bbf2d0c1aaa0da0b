//! Any inferred model reads back, whatever its names and comments hold.

use proptest::prelude::*;
use watchkeeper_spec::{InferredColumn, InferredModel, Kind, Role, Task, model_name_from};

use crate::write::reads_back;

fn any_column() -> impl Strategy<Value = InferredColumn> {
    let name = prop_oneof![any::<String>(), "[ -~]{1,12}", "[\\x00-\\x{ffff}]{1,6}", "[a-z0-9:#'\"\\\\ \n-]{1,8}"]
        .prop_filter("names are not empty", |name| !name.is_empty());
    let role = prop::sample::select(vec![Role::Feature, Role::Segment, Role::Label, Role::Ignore]);
    let kind = prop::option::of(prop::sample::select(Kind::ALL));
    (name, role, kind, any::<String>(), any::<f64>(), any::<f64>(), any::<String>()).prop_map(
        |(name, role, kind, reason, one, other, example)| {
            let (min, max) = (Some(one.min(other)), Some(one.max(other)));
            InferredColumn { name, role, kind, reason, min, max, example }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_model_reads_back(
        name in any::<String>(),
        header in prop::collection::vec(any::<String>(), 0..3),
        description in prop::option::of(any::<String>()),
        task_reason in any::<String>(),
        mut columns in prop::collection::vec(any_column(), 0..8),
    ) {
        let mut seen = std::collections::BTreeSet::new();
        columns.retain(|column| seen.insert(column.name.clone()));
        let name = model_name_from(&name);
        reads_back(&InferredModel { header, name, description, task: Task::Other, task_reason, columns });
    }
}
