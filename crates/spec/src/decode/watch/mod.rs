//! Documents of the watch: read and resolved at once, because what their fields mean hardly depends on other fields.

pub(crate) mod burn;
pub(crate) mod defaults;
pub(crate) mod delivery;
pub(crate) mod detector;
pub(crate) mod monitor;
pub(crate) mod openslo;
pub(crate) mod quiet;
pub(crate) mod value;

use super::fields::Fields;
use super::{Slot, model};
use crate::document::{Document, Part, Spec};
use crate::places::Places;
use crate::problem::Problems;
use crate::text::{At, ResourceText};
use crate::yaml::Node;
use crate::{Metadata, Resource, ResourceKind, resolve};

/// What stands beside the head of a document of the watch; `None` for the other kinds, of which nothing is read.
pub(super) fn document(kind: ResourceKind, node: &Node, fields: &mut Fields<'_, '_>) -> Option<ResourceText> {
    let places = Places::of(node, fields.source());
    macro_rules! read {
        ($($kind:ident),+) => {
            match kind {
                $(ResourceKind::$kind => {
                    let document = of(fields, places.clone()).map(Box::new);
                    document.map(|document| Box::new(Resource::$kind(document)))
                })+
                _ => return None,
            }
        };
    }
    let resource = read!(
        Monitor,
        BurnPolicy,
        NotificationTarget,
        Route,
        InhibitRule,
        MaintenanceWindow,
        Silence,
        Service,
        DataSource,
        Slo,
        Sli,
        AlertPolicy,
        AlertCondition,
        AlertNotificationTarget
    );
    let name = resource
        .as_ref()
        .map(|resource| At { value: resource.name().to_owned(), position: places.at("metadata.name") });
    Some(ResourceText::Watched { kind, name, resource })
}

fn of<S: Spec>(fields: &mut Fields<'_, '_>, places: Places) -> Option<Document<S, S::Metadata>> {
    let metadata = fields.required("metadata", "a mapping with `name`", S::Metadata::read);
    let spec = fields.required("spec", S::EXPECTED, S::read);
    Some(Document { metadata: metadata?, spec: spec?, places })
}

/// Name, description and labels.
pub(crate) fn metadata(slot: &Slot<'_>, problems: &mut Problems) -> Option<Metadata> {
    let text = model::metadata(slot, problems);
    resolve::named(text, "resource", problems)
}
