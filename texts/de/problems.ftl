# Deutsch. Die Reihenfolge ist die von texts/src/detail.rs.

### Titel, einer für jeden Code

title-invalid-json = Der Inhalt ist kein JSON
title-unknown-field = Der Inhalt hat ein unbekanntes Feld
title-invalid-field = Ein Feld oder Parameter fehlt oder ist ungültig
title-invalid-utf8 = Der Inhalt ist kein UTF-8
title-invalid-date = Ein Datum fehlt oder ist nicht gültig
title-invalid-stay = Die Abreise liegt nicht nach der Anreise
title-stay-too-long = Der Aufenthalt hat zu viele Nächte
title-no-rooms = Die Anfrage nennt kein Zimmer
title-too-many-rooms = Die Anfrage nennt zu viele Zimmer
title-card-number = Ein Text enthält eine Kartennummer
title-idempotency-key-required = Der Header Idempotency-Key fehlt
title-invalid-idempotency-key = Der Idempotency-Key ist ungültig
title-invalid-cursor = Der Cursor ist ungültig
title-cursor-ahead = Der Cursor liegt nach dem neuesten Ereignis
title-unauthenticated = Keine gültigen Zugangsdaten
title-forbidden = Kein Recht zu dieser Operation
title-not-found = Nicht gefunden
title-unknown-property = Unbekanntes Hotel
title-method-not-allowed = Dieser Pfad unterstützt die Methode nicht
title-request-timeout = Die Anfrage kam nicht rechtzeitig an
title-sold-out = Nicht genug Zimmer
title-restricted = Eine Beschränkung erlaubt diesen Aufenthalt nicht
title-not-cosigned = Die Quittung ist noch nicht gegengezeichnet
title-request-in-flight = Die erste Anfrage mit diesem Idempotency-Key läuft noch
title-wrong-state = Der jetzige Zustand erlaubt das nicht
title-stay-over = Der Aufenthalt ist vorbei
title-too-late-to-revert = Der Check-in ist von einem früheren Tag
title-price-changed = Der Preis hat sich geändert
title-duplicate-reference = Es gibt eine Buchung mit dieser Referenz
title-retired = Nicht mehr im Verkauf
title-departure-in-past = Die Abreise liegt vor dem Geschäftsdatum des Hotels
title-hold-expired = Die Option ist abgelaufen
title-precondition-failed = Eine andere Anfrage hat den Datensatz geändert
title-payload-too-large = Der Inhalt ist zu groß
title-uri-too-long = Die URI ist zu lang
title-unsupported-media-type = Inhaltstyp oder Kodierung wird nicht unterstützt
title-idempotency-key-reused = Der Idempotency-Key gehört zu einer anderen Anfrage
title-unknown-room-type = Unbekannte Zimmerkategorie
title-unknown-rate-plan = Unbekannter Ratenplan
title-arrival-in-past = Die Anreise liegt vor dem Geschäftstag des Hotels
title-occupancy-exceeded = Zu viele Gäste für das Zimmer
title-currency-mismatch = Die Währungen sind verschieden
title-capacity-too-large = Die Zahl der Zimmer ist zu groß
title-amount-too-large = Der Betrag ist zu groß
title-quota-exceeded = Zu viele Anfragen
title-overloaded = Der Knoten ist überlastet
title-unavailable = Gerade nicht verfügbar; nichts wurde geändert
title-outcome-unknown = Das Ergebnis ist unbekannt; wiederholen Sie die Anfrage mit demselben Idempotency-Key
title-internal = Der Knoten ist gestört

### Einzelheiten

## Die Anfrage als solche

no-such-path = Diesen Pfad gibt es nicht. /docs nennt alle Pfade.
no-such-resource = Unter dieser Adresse gibt es nichts. Prüfen Sie die Ids im Pfad.
method-not-allowed = Dieser Pfad unterstützt diese Methode nicht. /docs nennt die Methoden jedes Pfads.
body-late = Der Inhalt kam nicht innerhalb von { $seconds } s an. Senden Sie die Anfrage noch einmal.
body-incomplete = Die Verbindung endete, bevor der Inhalt vollständig war. Senden Sie die Anfrage noch einmal.
body-too-large = Ein Inhalt hat höchstens { $limit_bytes } Bytes. Senden Sie weniger, oder teilen Sie die Anfrage.
uri-too-long = Pfad und Query haben zusammen höchstens { $limit_bytes } Bytes.
content-type = Der Inhalt braucht den Header Content-Type: application/json.
content-encoding = Komprimierte Inhalte werden nicht unterstützt. Senden Sie den Inhalt ohne Content-Encoding.
body-not-utf8 = Der Inhalt hat Bytes, die kein UTF-8 sind. Kodieren Sie ihn als UTF-8.
body-not-json = Der Inhalt ist ab Zeile { $line }, Spalte { $column } kein JSON.
body-unknown-field = { $path }: dieses Feld gibt es nicht (Zeile { $line }, Spalte { $column } des Inhalts). Die Felder stehen unter /docs.
body-repeated-field = { $path }: dieses Feld steht zweimal im Inhalt (Zeile { $line }, Spalte { $column }). Senden Sie es einmal.
body-wrong-value = { $path }: senden Sie { $expected ->
    [text] einen Text
    [number] eine ganze Zahl, die nicht negativ ist
    [decimal] eine Zahl
    [boolean] true oder false
    [list] eine Liste
    [object] ein Objekt
   *[other] einen Wert des richtigen Typs
} (Zeile { $line }, Spalte { $column } des Inhalts). Die Typen stehen unter /docs.
body-misplaced-list = Der Inhalt hat eine Liste, wo ein Objekt oder ein einzelner Wert hingehört. /docs nennt die Typen.
header-repeated = Die Anfrage hat mehr als einen Header { $header }. Senden Sie einen.
host-header = Der Header Host fehlt, steht doppelt oder ist kein Host. Senden Sie ihn einmal.
query-number = { $field }: senden Sie eine Zahl.
query-boolean = { $field }: senden Sie true oder false.
query-wrong-value = { $field }: der Wert ist ungültig. /docs nennt die Parameter.
query-unreadable = Die Query ist nicht lesbar. /docs nennt die Parameter.

## Wiederholungen und Revisionen

idempotency-key-missing = Senden Sie einen Header Idempotency-Key, mit einem neuen Wert für jede neue Anfrage.
idempotency-key-invalid = Ein Idempotency-Key hat 1 bis { $limit } sichtbare ASCII-Zeichen.
idempotency-key-repeated = Die Anfrage hat mehr als einen Header Idempotency-Key. Senden Sie einen.
idempotency-key-reused = Dieser Idempotency-Key wurde für eine andere Anfrage benutzt. Nehmen Sie für eine neue Anfrage einen neuen Idempotency-Key.
request-in-flight = Die erste Anfrage mit diesem Idempotency-Key läuft noch. Wiederholen Sie diese Anfrage in einer Sekunde.
revision-mismatch = Die jetzige Revision ist { $current }. Lesen Sie den Datensatz neu und wiederholen Sie mit seinem ETag.
record-missing = Den Datensatz gibt es nicht, also passt keine Revision. Lassen Sie If-Match weg, um ihn anzulegen.
record-exists = Der Datensatz existiert bereits.
precondition-invalid = { $header } muss * oder eine Liste von ETags in Anführungszeichen sein, etwa "3".
guest-changed = Mehrere Anfragen haben den Gast gleichzeitig geändert. Senden Sie die Anfrage noch einmal.
invalid-cursor = Dieser Cursor gehört nicht zu dieser Anfrage. Nehmen Sie den Cursor aus einer Antwort auf dieselbe Anfrage.
cursor-ahead = Dieser Cursor liegt nach dem neuesten Ereignis: der Cluster wurde aus einer Sicherung wiederhergestellt. Lesen Sie alles noch einmal, vom Anfang an.

## Aufrufer und Rechte

credentials-refused = Senden Sie den Header Authorization: Bearer, gefolgt von einem gültigen API-Schlüssel oder Token.
guest-erased = Der Gast dieser Buchung wurde gelöscht, darum kann sich niemand für sie anmelden.
guest-link-refused = Der Link oder die Bestätigungsnummer ist ungültig. Bitten Sie das Hotel um einen neuen Link.
guest-session-ended = Diese Sitzung ist beendet. Melden Sie sich mit dem Link und der Bestätigungsnummer erneut an. Wird das abgelehnt, bitten Sie das Hotel um einen neuen Link.
log-entries-need-auditor = Die Blätter des Logs zeigen die Belegung. Senden Sie den API-Schlüssel eines Prüfers.
role-forbids = Die Rolle { $role } erlaubt diese Operation nicht. Benutzen Sie einen API-Schlüssel mit einer anderen Rolle.
right-missing = Diese Zugangsdaten erlauben diese Operation hier nicht. Ein Betreiber kann die Rechte erweitern.
request-quota = Das Kontingent ist verbraucht. Versuchen Sie es in { $seconds } s wieder. Die RateLimit-Header zeigen das Kontingent.
hold-quota = Ihre offenen Optionen in diesem Hotel dürfen zugleich { $room_minutes } Zimmerminuten belegen. Geben Sie eine Option frei, oder fragen Sie weniger Zimmer oder weniger Zeit an.

## Felder

field-missing = { $field } fehlt.
property-id = propertyId: 1 bis 64 Buchstaben, Ziffern, '-', '_' oder '.'.
field-code = { $field }: 1 bis 20 Buchstaben, Ziffern, '-', '_' oder '.'.
text-too-long = { $field }: höchstens { $limit } Zeichen.
text-has-control = { $field } hat ein Steuerzeichen an der Stelle { $place }. Entfernen Sie es.
text-has-card-number = { $field } enthält eine Kartennummer. Keyrack speichert keine Kartennummern: senden Sie ein Zahlungs-Token.
date-missing = { $field } fehlt. Schreiben Sie ein Datum als JJJJ-MM-TT, etwa 2026-12-24.
date-invalid = { $field }: { $text } ist kein Datum. Schreiben Sie ein existierendes Datum als JJJJ-MM-TT, etwa 2026-12-24.
date-too-late = Das späteste Datum ist 2199-12-31.
dates-order = { $end } muss nach { $start } liegen.
ari-dates-order = dateTo darf nicht vor dateFrom liegen.
stay-too-long = Ein Aufenthalt hat höchstens { $limit } Nächte.
range-too-long = { $start } bis { $end } sind mehr als { $limit } Tage. Fragen Sie nach weniger.
too-many-rates = Die Antwort hätte mehr als { $limit } Raten. Fragen Sie nach weniger Tagen, oder nach einem roomType oder ratePlan.
ari-too-many-days = Eine Zeile umfasst höchstens { $limit } Tage. Nehmen Sie mehrere Zeilen.
no-rooms = rooms: senden Sie mindestens ein Zimmer, jedes mit quantity von mindestens 1.
too-many-rooms = rooms: eine Buchung hat höchstens { $limit } Zimmer. Teilen Sie sie.
too-many-guests = rooms: ein Zimmer hat höchstens { $limit } Erwachsene und { $limit } Kinder.
adult-missing = { $field } muss mindestens 1 sein: Jedes Zimmer braucht einen Erwachsenen.
hold-guests = rooms muss die Gäste jeder Zimmerzeile der Option nennen (Zeilen: { $lines }), mit mindestens einem Erwachsenen in jedem Zimmer.
note-kind = { $field } muss guest oder internal sein.
note-internal = { $field }: Nur das Personal des Hotels darf interne Notizen schreiben.
too-many-notes = Eine Buchung hat höchstens { $limit } Notizen.
override-rule = override.rule muss restrictions sein.
amount = { $field } muss ein Betrag mit den Stellen seiner Währung und die Währung sein: amount 120.00, currency EUR.
seller-prices = sellerNightly muss einen Dezimalpreis für jede der { $nights } Nächte haben.
quote-id = quoteId ist nicht das Angebot eines Zimmertyps und Ratenplans für diesen Aufenthalt. Fragen Sie die Angebote neu ab.
time = { $field } muss ein Zeitpunkt sein, etwa 2026-12-24T18:00:00Z.
confirmation-number = Eine Bestätigungsnummer hat zehn Buchstaben und Ziffern, etwa 7K2M4-X9QRT.
guest-words = guest: senden Sie ein Wort des Namens mit einem Buchstaben oder einer Ziffer, oder die ganze E-Mail-Adresse.
child-age = { $field }: senden Sie jedes Alter in ganzen Jahren, 0 bis { $most }. Ältere Kinder zählen als Erwachsene.
email = { $field } ist keine E-Mail-Adresse. Schreiben Sie name@example.org, oder lassen Sie das Feld weg.
country = country: { $text } ist kein Land. Senden Sie einen Code nach ISO 3166-1 mit zwei Großbuchstaben, etwa PT.
language-tag = languages: { $text } ist keine Sprache. Senden Sie Kennungen wie pt oder pt-BR (BCP 47).
room-type-missing = rooms: jedes Zimmer braucht einen roomType.
rate-plan-missing = rooms: jedes Zimmer braucht einen ratePlan.
guest-count = adults, children: zusammen höchstens 65535 Gäste.
currency = currency: senden Sie einen Code nach ISO 4217, etwa EUR.
capacity = capacity: senden Sie die Zahl der Zimmer dieser Kategorie.
occupancy = occupancy: senden Sie die Zahl der Gäste eines Zimmers, 0 bis 65535.
cancellation-fee = cancellationPolicy: fee ist none, first_night, oder percent mit percent 0 bis 100.
cancellation-days = cancellationPolicy.freeUntilDays: senden Sie eine Zahl von Tagen, 0 bis 65535.
ari-lines = updates: senden Sie 1 bis { $limit } Zeilen.
rate-without-plan = ratePlan: eine Zeile mit rate braucht einen ratePlan.
rate = { $field }: senden Sie eine Dezimalzahl als Text mit höchstens { $digits } Nachkommastellen, in { $currency }, wie "{ $example }".
night-count = { $field }: senden Sie eine Zahl von Nächten, 0 bis 65535.
weekday = days: jeder ist einer von mon, tue, wed, thu, fri, sat, sun.
time-zone = timeZone: senden Sie einen IANA-Namen wie Europe/Lisbon.
location = location: latitude ist -90 bis 90, longitude -180 bis 180.
address-has-card-number = address enthält eine Kartennummer. Keyrack speichert keine Kartennummern.
address-unreadable = address: der Text kann nicht gespeichert werden.
near = near: senden Sie Breite und Länge, wie 38.72,-9.14.
radius = radiusKm: senden Sie zusammen mit near eine Zahl über 0.
booking-state = state: eines von confirmed, checked_in, checked_out, cancelled, no_show.
consistency = consistency: linearizable, oder bounded zusammen mit maxStalenessMs.
staleness-missing = maxStalenessMs fehlt. consistency=bounded braucht es.
amendment-empty = Die Änderung ändert nichts. Senden Sie mindestens eines von arrival, departure, rooms, guest oder notes.
hold-ttl = ttlSeconds: 1 bis { $limit }.
guest-link-ttl = ttlSeconds: { $least } bis { $most }.
principal-id = principal: 1 bis 64 Kleinbuchstaben, Ziffern und '-'.
role = role: eine von operator, manager, channel, desk, auditor.
scope-entries = { $field }: höchstens { $limit } Einträge von 1 bis 255 Bytes.
scope-contradicts = allProperties: lassen Sie properties und regions leer, oder setzen Sie es auf false.
scope-widens = properties, regions: der Principal hätte kein Hotel mehr. Ohne beides umfasst er alle Hotels: senden Sie allProperties: true, wenn Sie das wollen, oder sperren Sie den Principal.
subjects = subjects: höchstens { $limit }, jeder mit issuer und subject von 1 bis 255 Bytes.
text-bytes = { $field }: höchstens { $limit } Bytes.
key-lifetime = expiresInSeconds: mindestens 1, höchstens 3162240000 (100 Jahre).
key-overlap = overlapSeconds: höchstens { $limit } (eine Woche).
audit-shard = shard: Die Daten-Shards sind 1 bis { $last }.

## Was eine Anfrage nennt

unknown-property = Kein Hotel hat die Id { $property }.
unnamed-unknown-property = Dieses Hotel gibt es nicht.
unknown-room-type = Das Hotel hat keine Zimmerkategorie { $room_type }.
unknown-rate-plan = Das Hotel hat keinen Ratenplan { $rate_plan }.
unknown-booking = Keine Buchung hat die Id { $booking }. Prüfen Sie die Id. Eine Bestätigungsnummer ist keine Id; die Liste der Buchungen des Hauses zeigt beide.
unknown-hold = Keine Option hat die Id { $hold }.
unknown-booking-or-hold = Keine Buchung und keine Option hat die Id { $record }.
unnamed-unknown-record = Diese Buchung oder Option gibt es nicht.
unknown-guest = Kein Gast hat die Id { $guest }.
unknown-node = Kein Knoten hat die Id { $node }.
unknown-principal = Kein Principal hat die Id { $principal }.
unknown-key = Der Principal { $principal } hat keinen API-Schlüssel mit dem Präfix { $prefix }.

## Verkauf

sold-out = { $more ->
    [0] { $room_type } hat am { $night } zu wenige Zimmer.
    [one] { $room_type } hat am { $night } und in einer weiteren Nacht zu wenige Zimmer.
   *[other] { $room_type } hat am { $night } und in { $more } weiteren Nächten zu wenige Zimmer.
} nights nennt die freien Zimmer.
sold-out-stay = Für diesen Aufenthalt gibt es zu wenige Zimmer.
restricted = { $more ->
    [0] Eine Beschränkung von { $room_type } am { $night } erlaubt diesen Aufenthalt nicht.
    [one] Beschränkungen von { $room_type } am { $night } und in einer weiteren Nacht erlauben diesen Aufenthalt nicht.
   *[other] Beschränkungen von { $room_type } am { $night } und in { $more } weiteren Nächten erlauben diesen Aufenthalt nicht.
} nights nennt die Beschränkungen.
restricted-stay = Eine Beschränkung erlaubt diesen Aufenthalt nicht.
arrival-in-past = Der Geschäftstag des Hotels ist { $business_date }. Die Anreise darf nicht davor liegen.
occupancy-exceeded = { $occupancy ->
    [one] Ein Zimmer der Kategorie { $room_type } ist für einen Gast.
   *[other] Ein Zimmer der Kategorie { $room_type } ist für { $occupancy } Gäste.
} Fragen Sie mehr Zimmer oder eine andere Kategorie an.
currency-mismatch = Alle Raten und Ratenpläne einer Anfrage brauchen dieselbe Währung.
capacity-too-large = Eine Zimmerkategorie hat höchstens { $limit } Zimmer und 10000 Basispunkte Überbuchung, und ein Hotel hat eine begrenzte Zahl von Zimmerkategorien und Ratenplänen.
amount-too-large = Die Rate oder die Gebühr ist zu groß zum Speichern.
wrong-state = Die Buchung ist im Zustand { $state }, der das nicht erlaubt.
wrong-business-date = Der Geschäftstag des Hotels ist { $business_date }. Senden Sie dieses Datum, um ihn abzuschließen.
not-due = Der Gast wird noch nicht erwartet: der Geschäftstag des Hotels ist { $business_date }.
stay-over = Der Aufenthalt ist vorbei: Das Geschäftsdatum des Hotels ist { $business_date }.
departure-in-past = Vergangene Nächte können nicht zurückgegeben werden: Das Geschäftsdatum des Hotels ist { $business_date }.
too-late-to-revert = Der Gast wurde an einem früheren Tag eingecheckt: Das Geschäftsdatum des Hotels ist { $business_date }. Checken Sie den Gast stattdessen aus.
price-changed = Der Preis ist jetzt { $total }. Fragen Sie den Gast noch einmal, und buchen Sie dann zu diesem Preis.
price-agreed-elsewhere = Ein Ratenplan dieser Zimmer hat keine Raten, also gibt es keinen Preis zum Vergleich. Buchen Sie ohne expectedTotal und quoteId.
duplicate-reference = Diese channelRef gehört zur Buchung { $booking }. Ändern Sie diese Buchung, oder verwenden Sie eine andere Referenz.
retired = { $code } ist nicht mehr im Verkauf.
hold-expired = Die Option ist abgelaufen, und ihre Zimmer sind wieder frei. Setzen Sie eine neue Option.
hold-closed = Die Option wurde schon bestätigt oder freigegeben.
hold-confirmed = Die Option wurde schon bestätigt. Sie wurde zur Buchung { $booking }.

## Quittungen

not-cosigned = Eine Mehrheit der Replikate hat die Quittung noch nicht unterschrieben. Die Buchung ist sicher. Fragen Sie in einer Sekunde wieder.
no-checkpoint = Eine Mehrheit der Replikate hat noch keinen Checkpoint dieses Logs unterschrieben. Fragen Sie in einer Sekunde wieder.
no-replica-keys = Kein Replikat hat bisher seine Signaturschlüssel veröffentlicht. Fragen Sie in einer Sekunde wieder.
receipt-older-than-log = Diese Buchung ist älter als das Quittungs-Log und hat darum keine Quittung.
unknown-log = Kein Quittungs-Log hat diese Nummer.
unknown-tile = Keine Kachel hat diesen Namen. c2sp.org/tlog-tiles nennt die Namen.
tile-not-covered = Noch kein Checkpoint umfasst diese Kachel.
tree-not-covered = Noch kein Checkpoint umfasst einen Baum dieser Größe.

## Betreiber

fencing-needs-majority = Ohne diesen Knoten bliebe keine Mehrheit der Knoten. Lassen Sie zuerst einen anderen Knoten wieder zu.
unknown-shard = Es gibt keinen Shard { $shard }. Das Verzeichnis ist Shard 0; die Daten-Shards sind 1 bis { $last }.
shard-without-leader = Shard { $shard } hat jetzt keinen Leader. Versuchen Sie es wieder, wenn er einen hat.
leader-unreachable = Knoten { $leader }, der Leader von Shard { $shard }, antwortet nicht. Versuchen Sie es wieder.
hand-over-refused = Der Leader von Shard { $shard } kann nicht übergeben: { $cause }.
property-has-shard = Das Hotel { $property } ist in Shard { $shard }, den es gibt. Nur ein Hotel in einem Shard, den es nicht gibt, kann entfernt werden.
principal-revoked = Der Principal wurde widerrufen. Ein Widerruf ist endgültig: legen Sie einen anderen Principal an.
principal-revision = Der Principal hat eine andere Revision. Lesen Sie ihn neu und wiederholen Sie mit seinem ETag.
subject-taken = Ein anderer Principal hat schon eines dieser Mitarbeiter-Subjects.
too-many-keys = Ein Principal hat höchstens { $limit } gültige API-Schlüssel. Widerrufen Sie zuerst einen.
too-many-principals = Das Verzeichnis ist voll. Auch widerrufene Principals zählen.
too-many-properties = Der Cluster hat die größte mögliche Zahl von Hotels, 250.000. Es wurde nichts angelegt.

## Der Cluster und dieser Knoten

shard-missing = Das Hotel ist in Shard { $shard } eingetragen, den es nicht gibt: Die Daten-Shards sind 1 bis { $last }. Nichts wurde geändert. Ein Operator kann das Hotel entfernen und neu anlegen.
shard-overloaded = Zu viele Befehle warten auf Shard { $shard }. Nichts wurde geändert. Versuchen Sie es in einer Sekunde wieder.
node-starting = Der Knoten startet gerade. Nichts wurde geändert. Nehmen Sie einen anderen Knoten, oder versuchen Sie es wieder, wenn /readyz 200 antwortet.
shard-unavailable = Shard { $shard } hat keinen Leader, oder keine Mehrheit seiner Replikate antwortet. Nichts wurde geändert. Versuchen Sie es wieder.
outcome-unknown = Shard { $shard } hat nicht rechtzeitig geantwortet. Die Änderung ist vielleicht geschehen, vielleicht nicht. Wiederholen Sie die Anfrage mit demselben Idempotency-Key, um es zu erfahren.
trail-overloaded = Das Audit-Protokoll ist im Rückstand, darum hält der Knoten die Antwort zurück. Wiederholen Sie die Anfrage in einer Sekunde mit demselben Idempotency-Key.
connection-full = Auf dieser Verbindung warten zu viele Bytes. Lesen Sie die offenen Antworten oder beenden Sie die offenen Anfragen, dann wiederholen Sie die Anfrage.
address-full = Für Clients mit Ihrer Adresse warten zu viele Bytes. Lesen Sie die offenen Antworten oder beenden Sie die offenen Anfragen, dann wiederholen Sie die Anfrage.
principal-full = Für Ihre Anfragen warten zu viele Bytes. Lesen Sie die offenen Antworten oder beenden Sie die offenen Anfragen, dann wiederholen Sie die Anfrage.
node-full = Der Knoten hat keinen Speicher für weitere Anfragen. Wiederholen Sie die Anfrage in einer Sekunde oder fragen Sie einen anderen Knoten.
too-many-open-streams = Zu viele Streams ohne Anmeldung sind offen. Beenden Sie einige oder versuchen Sie es später erneut.
storage-failed = Der Knoten kann seinen Speicher nicht lesen. Fragen Sie einen anderen Knoten. Sein Log nennt die Ursache.
metrics-unwritable = Der Knoten kann seine Metriken nicht schreiben. Sein Log nennt die Ursache.
answer-unwritable = Der Knoten kann die Antwort nicht schreiben. Sein Log nennt die Ursache.
answer-unreadable = Der Knoten kann die Antwort seines Replikats nicht lesen. Sein Log nennt die Ursache.
guest-unreadable = Der Knoten kann den Gast dieser Buchung nicht entschlüsseln und ändert deshalb nichts: In seinem Schlüsselbund fehlt der Schlüssel. Ein Betreiber ergänzt ihn.
no-randomness = Das Betriebssystem gibt dem Knoten keine Zufallszahlen. Fragen Sie einen anderen Knoten.
clock-wrong = Die Uhr des Knotens geht falsch. Fragen Sie einen anderen Knoten.
key-not-stored = Das Verzeichnis hat den API-Schlüssel nicht gespeichert. Versuchen Sie es wieder.
