//! What the name of a column says about its values. Words of a few languages; a word that speaks of a property of the
//! data (`email_opened`, `phone_count`) takes the meaning away.

use super::class::Class;
use crate::names;

/// Words that make the rest of a name a property: counts, flags, kinds.
const PROPERTIES: &[&str] = &[
    "age",
    "avg",
    "balance",
    "brand",
    "category",
    "changes",
    "clicked",
    "cluster",
    "cnt",
    "count",
    "counts",
    "country",
    "days",
    "domain",
    "embedding",
    "flag",
    "group",
    "has",
    "hours",
    "is",
    "kind",
    "len",
    "length",
    "level",
    "match",
    "mean",
    "missing",
    "model",
    "network",
    "opened",
    "plan",
    "present",
    "provider",
    "rate",
    "ratio",
    "score",
    "segment",
    "sent",
    "since",
    "status",
    "sum",
    "tenure",
    "tier",
    "total",
    "type",
    "valid",
    "verified",
];

/// Single words, or several in a row, and their class. The first that fits counts.
#[rustfmt::skip]
const RULES: &[(Class, &[&str])] = &[
    (Class::Credential, &[
        "password", "passwd", "pwd", "passwort", "contrasena", "secret", "apikey", "api key", "access token",
        "auth token", "private key", "credential", "credentials",
    ]),
    (Class::Ip, &["ip", "ipaddress", "ipaddr", "ipv4", "ipv6", "ip address", "remote addr"]),
    (Class::Mac, &["mac address", "macaddress", "macaddr", "mac addr", "imei", "device id", "idfa", "gaid"]),
    (Class::Email, &[
        "email", "emailaddress", "mailaddress", "mail", "correo", "courriel", "emailadresse",
    ]),
    (Class::Phone, &[
        "phone", "phonenumber", "telephone", "mobilephone", "mobile number", "cellphone", "msisdn", "tel", "telefon",
        "telefono", "telefone", "handynummer", "fax",
    ]),
    (Class::Iban, &["iban", "bankaccount", "bank account", "account number", "kontonummer", "bic iban"]),
    (Class::Card, &[
        "card", "creditcard", "cardnumber", "ccnumber", "cc number", "cc num", "kreditkarte", "kartennummer", "tarjeta",
    ]),
    (Class::NationalId, &[
        "ssn", "nino", "dni", "nie", "nif", "pesel", "cpf", "bsn", "aadhaar", "personnummer", "passport",
        "social security", "national id", "nationalid", "national insurance", "tax id", "taxid", "steuer id",
        "steueridnr", "codice fiscale", "codicefiscale", "identity card",
    ]),
    (Class::BirthDate, &[
        "birth", "birthday", "birthdate", "dob", "born", "geburtsdatum", "geburtstag", "naissance", "nacimiento",
        "nascita", "nascimento",
    ]),
    (Class::PersonName, &[
        "surname", "firstname", "lastname", "fullname", "givenname", "familyname", "username", "maidenname", "vorname",
        "nachname", "nombre", "apellido", "apellidos", "prenom", "cognome", "nome", "sobrenome", "voornaam",
        "achternaam", "imie", "nazwisko", "first name", "last name", "full name", "given name", "family name",
        "middle name", "user name", "customer name", "client name", "patient name", "person name", "holder name",
        "maiden name", "cardholder",
    ]),
    (Class::Address, &[
        "address", "street", "postcode", "postalcode", "zip", "zipcode", "postal", "plz", "strasse", "anschrift",
        "direccion", "adresse", "indirizzo", "endereco", "ulica", "latitude", "longitude", "gps",
    ]),
    (Class::PersonId, &[
        "user id", "userid", "customer id", "customerid", "client id", "patient id", "patientid", "member id",
        "employee id", "subscriber id", "person id", "account id", "kundennummer", "kunden nr", "customer number",
        "customer no", "customer key", "user key", "user uuid", "customer uuid", "cliente id", "usuario id", "cookie",
    ]),
    (Class::Special, &[
        "religion", "ethnicity", "ethnic", "race", "diagnosis", "disease", "disability", "pregnant", "pregnancy",
        "hiv", "sexual", "political", "trade union",
    ]),
];

/// Names that are a person only as a whole: `name` alone, but not `product_name`.
const WHOLE: &[(&str, Class)] = &[
    ("name", Class::PersonName),
    ("nom", Class::PersonName),
    ("naam", Class::PersonName),
    ("user", Class::PersonId),
    ("customer", Class::PersonId),
    ("client", Class::PersonId),
    ("patient", Class::PersonId),
    ("kunde", Class::PersonId),
    ("cliente", Class::PersonId),
    ("mobile", Class::Phone),
    ("mac", Class::Mac),
];

/// Longer names are no words.
const BYTES_MAX: usize = 200;

/// The class that the name of a stored column speaks of, a prefix of the system aside.
pub(super) fn class_of_name(column: &str) -> Option<Class> {
    let prefixes = [names::SEGMENT_PREFIX, names::FEATURE_PREFIX];
    let name = prefixes.iter().find_map(|prefix| column.strip_prefix(prefix)).unwrap_or(column);
    if name.len() > BYTES_MAX {
        return None;
    }
    let words = words_of(name);
    if let [only] = words.as_slice()
        && let Some((_, class)) = WHOLE.iter().find(|(whole, _)| whole == only)
    {
        return Some(*class);
    }
    if words.iter().any(|word| PROPERTIES.contains(&word.as_str())) {
        return None;
    }
    let line = format!(" {} ", words.join(" "));
    // `e-mail` is two words.
    let line = line.replace(" e mail ", " email ");
    RULES
        .iter()
        .find(|(_, phrases)| phrases.iter().any(|phrase| line.contains(&format!(" {phrase} "))))
        .map(|(class, _)| *class)
}

/// The words of a name in lower case without accents: split at anything that is no letter or digit, and before a
/// capital letter that follows a small one.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_small = false;
    for character in name.chars() {
        if !character.is_alphanumeric() || (is_small && character.is_uppercase()) {
            words.push(String::new());
        }
        if character.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(character.to_lowercase().map(without_accent));
        }
        is_small = character.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

const fn without_accent(character: char) -> char {
    match character {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' | 'ę' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
        'ß' => 's',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{Class, class_of_name, words_of};

    #[test]
    fn words() {
        assert_eq!(words_of("customerEmail_2.Adresse-Línea"), ["customer", "email", "2", "adresse", "linea"]);
        assert_eq!(words_of("SSN"), ["ssn"]);
        assert!(words_of("__").is_empty());
    }

    #[test]
    fn classes() {
        for (name, expect) in [
            ("email", Some(Class::Email)),
            ("E-Mail", Some(Class::Email)),
            ("customer.contactEmail", Some(Class::Email)),
            ("phone_number", Some(Class::Phone)),
            ("Teléfono", Some(Class::Phone)),
            ("iban", Some(Class::Iban)),
            ("credit_card", Some(Class::Card)),
            ("SSN", Some(Class::NationalId)),
            ("codice_fiscale", Some(Class::NationalId)),
            ("name", Some(Class::PersonName)),
            ("first_name", Some(Class::PersonName)),
            ("prénom", Some(Class::PersonName)),
            ("billing_address", Some(Class::Address)),
            ("ip_address", Some(Class::Ip)),
            ("dateOfBirth", Some(Class::BirthDate)),
            ("geburtsdatum", Some(Class::BirthDate)),
            ("customer_id", Some(Class::PersonId)),
            ("user", Some(Class::PersonId)),
            ("segment.email", Some(Class::Email)),
            ("religion", Some(Class::Special)),
            ("api_key", Some(Class::Credential)),
            ("userPassword", Some(Class::Credential)),
            ("product_name", None),
            ("customer_segment", None),
            ("email_opened", None),
            ("phone_type", None),
            ("card_count", None),
            ("ship", None),
            ("tip", None),
            ("country", None),
            ("amount", None),
            ("cardinality", None),
            ("", None),
        ] {
            assert_eq!(class_of_name(name), expect, "{name}");
        }
        assert_eq!(class_of_name(&"email ".repeat(100)), None);
    }
}
