//! One row of a model's output: which part is the prediction, which are scores.

use serde_json::{Map, Value};

/// What a model answered for one row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// The prediction: a number, a class, a text.
    pub prediction: Option<Value>,
    /// Score of the prediction or of the positive class.
    pub score: Option<Value>,
    /// Scores by class (or position).
    pub scores: Map<String, Value>,
    /// Whatever else the output said, under the names that it had.
    pub others: Map<String, Value>,
}

/// Keys that hold a prediction, the strongest first.
const PREDICTION_KEYS: [&str; 8] =
    ["prediction", "predicted_label", "predicted_value", "predict", "predictions", "class", "label", "value"];
/// Keys that hold one score, or scores by class.
const SCORE_KEYS: [&str; 7] =
    ["score", "probability", "scores", "probabilities", "predict_proba", "confidences", "confidence"];
/// Keys that hold the names of the classes that scores belong to.
const CLASS_KEYS: [&str; 2] = ["classes", "labels"];

impl Outcome {
    /// Reads one output of any shape.
    ///
    /// A scalar is the prediction; an array is read with `names` by position (see [`Outcome::of_named`]); an object
    /// by its keys. `null` is an outcome without anything.
    #[must_use]
    pub fn read(output: Value, names: &[String]) -> Self {
        match output {
            Value::Null => Self::default(),
            Value::Array(mut values) => {
                if values.len() == 1 && names.len() <= 1 {
                    return values.pop().map_or_else(Self::default, |only| Self::read(only, &[]));
                }
                let by_position: Vec<String>;
                let names = if names.len() == values.len() {
                    names
                } else {
                    by_position = (0..values.len()).map(|index| index.to_string()).collect();
                    &by_position
                };
                Self::of_named(names, values)
            }
            Value::Object(members) => Self::of_object(members),
            scalar => Self { prediction: Some(scalar), ..Self::default() },
        }
    }

    /// Reads outputs that have names beside them.
    ///
    /// With a name such as `prediction` or `score` among them they are read like an object; else one output is the
    /// prediction, and several numbers are scores of the classes that the names are.
    #[must_use]
    pub fn of_named(names: &[String], mut values: Vec<Value>) -> Self {
        if !names.iter().any(|name| is_known(name)) {
            if values.len() == 1 {
                return values.pop().map_or_else(Self::default, |only| Self::read(only, &[]));
            }
            if values.iter().all(|value| value.is_number() || value.is_null()) {
                let scores = names.iter().cloned().zip(values).filter(|(_, value)| !value.is_null()).collect();
                return Self { scores, ..Self::default() };
            }
        }
        Self::of_object(names.iter().cloned().zip(values).collect())
    }

    /// Reads an object by its keys; null members say nothing.
    ///
    /// Without a key that is known, an only member is the prediction, and members with numbers as keys (columns of a
    /// data frame without names) are read by position.
    #[must_use]
    pub fn of_object(mut members: Map<String, Value>) -> Self {
        members.retain(|_, value| !value.is_null());
        if !members.keys().any(|key| is_known(key)) {
            let is_position = |key: &String| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit());
            let are_numbers = members.values().all(Value::is_number);
            if members.len() == 1 {
                return members.into_iter().next().map_or_else(Self::default, |(_, only)| Self::read(only, &[]));
            }
            if are_numbers && members.keys().all(is_position) {
                return Self { scores: members, ..Self::default() };
            }
        }
        let mut outcome = Self::default();
        if let Some((key, mut prediction)) = take_first(&mut members, &PREDICTION_KEYS) {
            // One element is unwrapped; more than one are no prediction but an output of their own.
            while let Value::Array(values) = &mut prediction
                && values.len() == 1
            {
                prediction = values.pop().unwrap_or_default();
            }
            if prediction.is_array() || prediction.is_object() {
                outcome.others.insert(key.to_owned(), prediction);
            } else {
                outcome.prediction = Some(prediction);
            }
        }
        if let Some((_, scores)) = take_first(&mut members, &SCORE_KEYS) {
            outcome.take_scores(scores, &mut members);
        }
        outcome.others.append(&mut members);
        outcome
    }

    fn take_scores(&mut self, scores: Value, members: &mut Map<String, Value>) {
        match scores {
            Value::Object(by_class) => self.scores = by_class,
            Value::Array(mut values) if values.len() == 1 => self.score = values.pop(),
            Value::Array(values) => {
                let classes = take_first(members, &CLASS_KEYS).and_then(|(_, classes)| class_names(&classes));
                let classes = classes.filter(|classes| classes.len() == values.len());
                let classes = classes.unwrap_or_else(|| (0..values.len()).map(|index| index.to_string()).collect());
                self.scores = classes.into_iter().zip(values).collect();
            }
            score => self.score = Some(score),
        }
    }
}

fn is_known(name: &str) -> bool {
    PREDICTION_KEYS.contains(&name) || SCORE_KEYS.contains(&name)
}

fn take_first(members: &mut Map<String, Value>, keys: &[&'static str]) -> Option<(&'static str, Value)> {
    keys.iter().find_map(|key| Some((*key, members.remove(*key)?)))
}

/// Texts of class names; numbers and booleans as they are written.
fn class_names(classes: &Value) -> Option<Vec<String>> {
    let text = |class: &Value| match class {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    classes.as_array().map(|classes| classes.iter().map(text).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(output: Value, names: &[&str]) -> (Option<Value>, Option<Value>, Value, Value) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let outcome = Outcome::read(output, &names);
        (outcome.prediction, outcome.score, outcome.scores.into(), outcome.others.into())
    }

    #[test]
    fn outputs_of_every_shape() {
        let none = json!({});
        let (yes, no) = (Some(json!(1)), None);
        for (output, names, expected) in [
            (json!(1), vec![], (yes.clone(), no.clone(), none.clone(), none.clone())),
            (json!([[1]]), vec![], (yes.clone(), no.clone(), none.clone(), none.clone())),
            (Value::Null, vec![], (no.clone(), no.clone(), none.clone(), none.clone())),
            (json!([]), vec![], (no.clone(), no.clone(), none.clone(), none.clone())),
            (json!([0.1, 0.9]), vec![], (no.clone(), no.clone(), json!({"0": 0.1, "1": 0.9}), none.clone())),
            (json!([0.1, 0.9]), vec!["n", "y"], (no.clone(), no.clone(), json!({"n": 0.1, "y": 0.9}), none.clone())),
            (json!([1, 0.9]), vec!["prediction", "score"], (yes.clone(), Some(json!(0.9)), none.clone(), none.clone())),
            (
                json!({"score": 0.9, "predicted_label": 1, "value": 3}),
                vec![],
                (yes.clone(), Some(json!(0.9)), none.clone(), json!({"value": 3})),
            ),
            (
                json!({"classes": ["a", 2], "scores": [0.1, 0.9]}),
                vec![],
                (no.clone(), no.clone(), json!({"a": 0.1, "2": 0.9}), none.clone()),
            ),
            (
                json!({"value": 1, "lower_bound": 0}),
                vec![],
                (yes.clone(), no.clone(), none.clone(), json!({"lower_bound": 0})),
            ),
            (
                json!({"label": [1], "probabilities": {"a": 0.5}}),
                vec![],
                (yes, no.clone(), json!({"a": 0.5}), none.clone()),
            ),
            (json!({"churn": [1]}), vec![], (Some(json!(1)), no.clone(), none.clone(), none.clone())),
            (json!({"0": 0.1, "1": 0.9}), vec![], (no.clone(), no.clone(), json!({"0": 0.1, "1": 0.9}), none.clone())),
            (
                json!({"a": 1, "b": null, "c": 2}),
                vec![],
                (no.clone(), no.clone(), none.clone(), json!({"a": 1, "c": 2})),
            ),
            (json!(["a", "b"]), vec![], (no.clone(), no, none, json!({"0": "a", "1": "b"}))),
        ] {
            assert_eq!(read(output.clone(), &names), expected, "{output} named {names:?}");
        }
    }
}
