//! The titles of problems in English, German, French and Spanish.

use keyrack_proto::Code;

/// The title of `code` in the preferred language of an `Accept-Language` header among those there are, and that language.
pub fn title(code: Code, accept_language: &str) -> (&'static str, &'static str) {
    let mut wanted: Vec<(&str, f32)> = accept_language.split(',').filter_map(preference).collect();
    wanted.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (language, _) in wanted {
        match language.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "en" | "*" => return (code.title(), "en"),
            "de" => return (german(code), "de"),
            "fr" => return (french(code), "fr"),
            "es" => return (spanish(code), "es"),
            _ => {}
        }
    }
    (code.title(), "en")
}

/// `de-AT;q=0.8`; a weight of 0 means "not this one".
fn preference(part: &str) -> Option<(&str, f32)> {
    let (language, weight) = part.trim().split_once(";q=").unwrap_or((part.trim(), "1"));
    let weight: f32 = weight.trim().parse().ok()?;
    (!language.is_empty() && weight > 0.0).then_some((language, weight))
}

fn german(code: Code) -> &'static str {
    match code {
        Code::InvalidJson => "Der Inhalt ist kein JSON",
        Code::UnknownField => "Der Inhalt hat ein Feld, das es nicht gibt",
        Code::InvalidField => "Ein Feld oder Parameter fehlt oder ist nicht wie verlangt",
        Code::InvalidUtf8 => "Der Inhalt ist kein UTF-8",
        Code::InvalidDate => "Ein Datum gibt es nicht",
        Code::InvalidStay => "Die Abreise liegt nicht nach der Anreise",
        Code::StayTooLong => "Der Aufenthalt hat mehr als 366 Nächte",
        Code::NoRooms => "Es wurde kein Zimmer verlangt",
        Code::TooManyRooms => "Es wurden mehr als 50 Zimmer verlangt",
        Code::CardNumber => "Ein Text enthält eine Kartennummer",
        Code::NotCosigned => "Die Quittung ist noch nicht gegengezeichnet",
        Code::IdempotencyKeyRequired => "Der Kopf Idempotency-Key fehlt",
        Code::InvalidIdempotencyKey => "Der Idempotency-Key hat nicht 1 bis 200 sichtbare ASCII-Zeichen",
        Code::InvalidCursor => "Der Cursor ist keiner von unseren",
        Code::Unauthenticated => "Keine gültigen Zugangsdaten",
        Code::Forbidden => "Diese Zugangsdaten erlauben das nicht",
        Code::NotFound => "Das gibt es nicht",
        Code::UnknownProperty => "Dieses Haus gibt es nicht",
        Code::MethodNotAllowed => "Dieser Pfad kennt diese Methode nicht",
        Code::RequestTimeout => "Die Anfrage kam nicht rechtzeitig an",
        Code::SoldOut => "Nicht in jeder Nacht sind genug Zimmer frei",
        Code::Restricted => "Eine Beschränkung verbietet diesen Aufenthalt",
        Code::RequestInFlight => "Die erste Anfrage mit diesem Schlüssel läuft noch",
        Code::WrongState => "Der Zustand erlaubt das nicht",
        Code::HoldExpired => "Die Reservierung auf Zeit ist abgelaufen",
        Code::PreconditionFailed => "Es wurde inzwischen geändert",
        Code::PayloadTooLarge => "Der Inhalt ist zu groß",
        Code::UriTooLong => "Der Pfad mit seiner Abfrage ist zu lang",
        Code::UnsupportedMediaType => "Der Inhalt ist nicht als application/json gekennzeichnet",
        Code::IdempotencyKeyReused => "Der Schlüssel wurde für eine andere Anfrage benutzt",
        Code::UnknownRoomType => "Das Haus hat diese Zimmerart nicht",
        Code::UnknownRatePlan => "Das Haus hat diesen Ratenplan nicht",
        Code::ArrivalInPast => "Die Anreise liegt vor dem Geschäftstag des Hauses",
        Code::OccupancyExceeded => "Das Zimmer ist nicht für so viele Gäste",
        Code::CurrencyMismatch => "Die Währungen sind verschieden",
        Code::CapacityTooLarge => "So viele Zimmer kann es nicht geben",
        Code::AmountTooLarge => "Der Betrag ist zu groß",
        Code::QuotaExceeded => "Zu viele Anfragen",
        Code::Overloaded => "Es wartet schon zu viel; nichts wurde getan",
        Code::Unavailable => "Keine Mehrheit ist erreichbar; nichts wurde getan",
        Code::OutcomeUnknown => "Ob es geschah, ist unbekannt; derselbe Schlüssel findet es heraus",
        Code::Internal => "Dieser Knoten ist gestört",
    }
}

fn french(code: Code) -> &'static str {
    match code {
        Code::InvalidJson => "Le corps n'est pas du JSON",
        Code::UnknownField => "Le corps a un champ qui n'existe pas",
        Code::InvalidField => "Un champ ou un paramètre manque ou ne convient pas",
        Code::InvalidUtf8 => "Le corps n'est pas en UTF-8",
        Code::InvalidDate => "Une date n'existe pas",
        Code::InvalidStay => "Le départ n'est pas après l'arrivée",
        Code::StayTooLong => "Le séjour dépasse 366 nuits",
        Code::NoRooms => "Aucune chambre n'est demandée",
        Code::TooManyRooms => "Plus de 50 chambres sont demandées",
        Code::CardNumber => "Un texte contient un numéro de carte",
        Code::NotCosigned => "Le reçu n'est pas encore cosigné",
        Code::IdempotencyKeyRequired => "L'en-tête Idempotency-Key manque",
        Code::InvalidIdempotencyKey => "L'Idempotency-Key n'a pas 1 à 200 caractères ASCII visibles",
        Code::InvalidCursor => "Le curseur n'est pas l'un des nôtres",
        Code::Unauthenticated => "Pas d'identifiants valables",
        Code::Forbidden => "Ces identifiants ne le permettent pas",
        Code::NotFound => "Cela n'existe pas",
        Code::UnknownProperty => "Cet hôtel n'existe pas",
        Code::MethodNotAllowed => "Ce chemin ne connaît pas cette méthode",
        Code::RequestTimeout => "La requête n'est pas arrivée à temps",
        Code::SoldOut => "Il n'y a pas assez de chambres chaque nuit",
        Code::Restricted => "Une restriction interdit ce séjour",
        Code::RequestInFlight => "La première requête avec cette clé est encore en cours",
        Code::WrongState => "L'état ne le permet pas",
        Code::HoldExpired => "L'option a expiré",
        Code::PreconditionFailed => "Cela a changé entre-temps",
        Code::PayloadTooLarge => "Le corps est trop grand",
        Code::UriTooLong => "Le chemin avec sa requête est trop long",
        Code::UnsupportedMediaType => "Le corps n'est pas déclaré application/json",
        Code::IdempotencyKeyReused => "La clé a servi à une autre requête",
        Code::UnknownRoomType => "L'hôtel n'a pas ce type de chambre",
        Code::UnknownRatePlan => "L'hôtel n'a pas ce plan tarifaire",
        Code::ArrivalInPast => "L'arrivée précède la date de l'hôtel",
        Code::OccupancyExceeded => "La chambre n'accueille pas autant de personnes",
        Code::CurrencyMismatch => "Les devises diffèrent",
        Code::CapacityTooLarge => "Il ne peut y avoir autant de chambres",
        Code::AmountTooLarge => "Le montant est trop grand",
        Code::QuotaExceeded => "Trop de requêtes",
        Code::Overloaded => "Trop de requêtes attendent déjà; rien n'a été fait",
        Code::Unavailable => "Aucune majorité n'est joignable; rien n'a été fait",
        Code::OutcomeUnknown => "On ne sait pas si c'est fait; la même clé l'apprendra",
        Code::Internal => "Ce nœud est en panne",
    }
}

fn spanish(code: Code) -> &'static str {
    match code {
        Code::InvalidJson => "El cuerpo no es JSON",
        Code::UnknownField => "El cuerpo tiene un campo que no existe",
        Code::InvalidField => "Un campo o parámetro falta o no es válido",
        Code::InvalidUtf8 => "El cuerpo no es UTF-8",
        Code::InvalidDate => "Una fecha no existe",
        Code::InvalidStay => "La salida no es posterior a la llegada",
        Code::StayTooLong => "La estancia pasa de 366 noches",
        Code::NoRooms => "No se pide ninguna habitación",
        Code::TooManyRooms => "Se piden más de 50 habitaciones",
        Code::CardNumber => "Un texto contiene un número de tarjeta",
        Code::NotCosigned => "El recibo aún no está cofirmado",
        Code::IdempotencyKeyRequired => "Falta la cabecera Idempotency-Key",
        Code::InvalidIdempotencyKey => "La Idempotency-Key no tiene de 1 a 200 caracteres ASCII visibles",
        Code::InvalidCursor => "El cursor no es nuestro",
        Code::Unauthenticated => "Sin credenciales válidas",
        Code::Forbidden => "Estas credenciales no lo permiten",
        Code::NotFound => "No existe",
        Code::UnknownProperty => "Este hotel no existe",
        Code::MethodNotAllowed => "Esta ruta no conoce este método",
        Code::RequestTimeout => "La petición no llegó a tiempo",
        Code::SoldOut => "No hay habitaciones suficientes todas las noches",
        Code::Restricted => "Una restricción prohíbe esta estancia",
        Code::RequestInFlight => "La primera petición con esta clave sigue en curso",
        Code::WrongState => "El estado no lo permite",
        Code::HoldExpired => "La retención ha caducado",
        Code::PreconditionFailed => "Ha cambiado entretanto",
        Code::PayloadTooLarge => "El cuerpo es demasiado grande",
        Code::UriTooLong => "La ruta con su consulta es demasiado larga",
        Code::UnsupportedMediaType => "El cuerpo no se declara application/json",
        Code::IdempotencyKeyReused => "La clave se usó para otra petición",
        Code::UnknownRoomType => "El hotel no tiene este tipo de habitación",
        Code::UnknownRatePlan => "El hotel no tiene este plan de tarifas",
        Code::ArrivalInPast => "La llegada es anterior a la fecha del hotel",
        Code::OccupancyExceeded => "La habitación no admite tantos huéspedes",
        Code::CurrencyMismatch => "Las divisas son distintas",
        Code::CapacityTooLarge => "No puede haber tantas habitaciones",
        Code::AmountTooLarge => "El importe es demasiado grande",
        Code::QuotaExceeded => "Demasiadas peticiones",
        Code::Overloaded => "Ya esperan demasiadas; no se hizo nada",
        Code::Unavailable => "No se alcanza una mayoría; no se hizo nada",
        Code::OutcomeUnknown => "No se sabe si se hizo; la misma clave lo averigua",
        Code::Internal => "Este nodo ha fallado",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_is_wanted_most_and_known_wins() {
        for (header, language) in
            [("", "en"), ("xx", "en"), ("de-AT,en;q=0.5", "de"), ("en;q=0.2, fr;q=0.9", "fr"), ("es;q=0, *", "en")]
        {
            assert_eq!(title(Code::SoldOut, header).1, language, "{header}");
        }
    }
}
