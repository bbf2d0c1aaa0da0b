//! Bodies that users write, for tools with a form of their own.
//!
//! Jinja templates with the fields of a [`Notice`], such as `{"text": {{ title }}}`: values are written as JSON, so nothing
//! in them can change the form of the body, and the outcome must be JSON. Further there are `headline`, `title_line` (at
//! most 254 characters), `alert_lines` (a list) and `started` (RFC 3339). A template is given no file, no clock and no
//! network, and a bounded number of steps.

use minijinja::{AutoEscape, Environment};
use serde::Serialize;
use serde_json::Value;
use watchkeeper_watch::notice::Notice;

use super::text::{alert_lines, headline};
use crate::show::{cut, one_line, time};

/// Steps that one rendering may take. The largest of our own takes some hundred.
const FUEL: u64 = 200_000;
/// Bytes of a template, and of what it makes.
const BYTES_MAX: usize = 256 * 1024;

const TITLE_CHARS: usize = 254;

/// A template that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(String);

/// What is wrong with a template. Messages name lines of the template, never values of a notice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It cannot be read.
    #[error("the template cannot be read: {0}")]
    Unreadable(String),
    /// It is too long.
    #[error("the template has {0} bytes; expected at most {BYTES_MAX}")]
    TooLong(usize),
    /// It failed for a notice.
    #[error("the template cannot be rendered: {0}")]
    Failed(String),
    /// What it makes is not JSON.
    #[error(
        "the template makes no JSON: {0}; write values without quotes of your own, as in `{{\"text\": {{{{ title }}}}}}`"
    )]
    NotJson(String),
    /// What it makes is too long.
    #[error("the template makes {0} bytes; expected at most {BYTES_MAX}")]
    BodyTooLong(usize),
}

/// What a template sees: the fields of the notice, and its words.
#[derive(Serialize)]
struct View<'a> {
    #[serde(flatten)]
    notice: &'a Notice,
    /// One line: action, severity, title.
    headline: String,
    /// A line for each alert that messages list.
    alert_lines: Vec<String>,
    /// The title on one line of at most 254 characters, for tools that take no more.
    title_line: String,
    /// The start as RFC 3339.
    started: String,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateError::Unreadable`] with the line, [`TemplateError::TooLong`].
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.len() > BYTES_MAX {
            return Err(TemplateError::TooLong(text.len()));
        }
        environment().template_from_str(text).map_err(|error| TemplateError::Unreadable(error.to_string()))?;
        Ok(Self(text.to_owned()))
    }

    /// The body for `notice`.
    ///
    /// # Errors
    /// [`TemplateError::Failed`] (it takes too many steps, it asks for what is not there), [`TemplateError::NotJson`],
    /// [`TemplateError::BodyTooLong`].
    pub fn render(&self, notice: &Notice) -> Result<Value, TemplateError> {
        let view = View {
            notice,
            headline: headline(notice),
            alert_lines: alert_lines(notice),
            title_line: cut(&one_line(&notice.title), TITLE_CHARS),
            started: time(notice.started_at),
        };
        let environment = environment();
        let failed = |error: minijinja::Error| TemplateError::Failed(error.to_string());
        let template = environment.template_from_str(&self.0).map_err(failed)?;
        let text = template.render(view).map_err(failed)?;
        if text.len() > BYTES_MAX {
            return Err(TemplateError::BodyTooLong(text.len()));
        }
        serde_json::from_str(&text).map_err(|error| TemplateError::NotJson(error.to_string()))
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Json);
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{Template, TemplateError};
    use crate::targets::sample::notice;

    fn render(text: &str) -> Result<Value, TemplateError> {
        Template::parse(text)?.render(&notice())
    }

    #[test]
    fn values_are_json_whatever_they_hold() {
        let mut notice = notice();
        notice.title = "a \"quoted\" \\ line\n{{ summary }} </script>".to_owned();
        let template =
            Template::parse("{\"text\": {{ title }}, \"n\": {{ alerts_total }}, \"labels\": {{ labels }}}").unwrap();
        let body = template.render(&notice).unwrap();
        assert_eq!(body["text"], notice.title.as_str());
        assert_eq!(body["n"], 2);
        assert_eq!(body["labels"]["model"], "credit-risk");
    }

    #[test]
    fn lists_and_conditions_can_be_used() {
        let body = render(
            "{\"line\": {{ title_line }}, \"lines\": [{% for line in alert_lines %}{{ line }}{% if not loop.last %},\
             {% endif %}{% endfor %}], \"priority\": {% if severity == 'page' %}1{% else %}3{% endif %}}",
        )
        .unwrap();
        assert_eq!((body["line"].as_str(), body["priority"].as_i64()), (Some("credit-risk: income changed"), Some(1)));
        assert_eq!(body["lines"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let text = |result: Result<Value, TemplateError>| result.unwrap_err().to_string();
        assert!(text(render("{% if %}")).starts_with("the template cannot be read: syntax error"));
        assert!(text(render("{\"a\": {{ titel }}}")).starts_with("the template cannot be rendered: undefined value"));
        assert!(text(render("{\"a\": \"{{ title }}\"}")).starts_with("the template makes no JSON: "));
        assert!(text(render(&"x".repeat(300_000))).starts_with("the template has 300000 bytes"));
    }

    #[test]
    fn a_template_takes_a_bounded_number_of_steps() {
        let endless = "{% for a in range(10000) %}{% for b in range(10000) %}{% set x = b %}{% endfor %}{% endfor %}1";
        let error = render(endless).unwrap_err().to_string();
        assert!(error.contains("fuel"), "{error}");
    }
}
