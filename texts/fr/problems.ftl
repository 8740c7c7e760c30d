# Français. L'ordre est celui de texts/src/detail.rs.

### Titres, un par code

title-invalid-json = Le corps n'est pas du JSON
title-unknown-field = Le corps a un champ inconnu
title-invalid-field = Un champ ou un paramètre manque ou n'est pas valide
title-invalid-utf8 = Le corps n'est pas en UTF-8
title-invalid-date = Une date manque ou n'est pas valide
title-invalid-stay = Le départ n'est pas après l'arrivée
title-stay-too-long = Le séjour a trop de nuits
title-no-rooms = La requête ne nomme aucune chambre
title-too-many-rooms = La requête nomme trop de chambres
title-card-number = Un texte contient un numéro de carte
title-idempotency-key-required = L'en-tête Idempotency-Key manque
title-invalid-idempotency-key = L'Idempotency-Key n'est pas valide
title-invalid-cursor = Le curseur n'est pas valide
title-cursor-ahead = Le curseur est après le dernier événement
title-unauthenticated = Pas d'identifiants valides
title-forbidden = Pas de droit à cette opération
title-not-found = Introuvable
title-unknown-property = Hôtel inconnu
title-method-not-allowed = Ce chemin n'accepte pas cette méthode
title-request-timeout = La requête n'est pas arrivée à temps
title-sold-out = Pas assez de chambres
title-restricted = Une restriction ne permet pas ce séjour
title-not-cosigned = Le reçu n'est pas encore cosigné
title-request-in-flight = La première requête avec cette clé est encore en cours
title-wrong-state = L'état actuel ne le permet pas
title-stay-over = Le séjour est terminé
title-too-late-to-revert = L'arrivée date d'un jour précédent
title-price-changed = Le prix a changé
title-duplicate-reference = Une réservation a déjà cette référence
title-retired = N'est plus en vente
title-departure-in-past = Le départ précède la date d'exploitation de l'hôtel
title-hold-expired = L'option a expiré
title-precondition-failed = Une autre requête a modifié l'enregistrement
title-payload-too-large = Le corps est trop grand
title-uri-too-long = L'URI est trop longue
title-unsupported-media-type = Le type ou l'encodage du corps n'est pas accepté
title-idempotency-key-reused = L'Idempotency-Key appartient à une autre requête
title-unknown-room-type = Type de chambre inconnu
title-unknown-rate-plan = Plan tarifaire inconnu
title-arrival-in-past = L'arrivée précède la date d'exploitation de l'hôtel
title-occupancy-exceeded = Trop de personnes pour la chambre
title-currency-mismatch = Les devises diffèrent
title-capacity-too-large = Le nombre de chambres est trop grand
title-amount-too-large = Le montant est trop grand
title-quota-exceeded = Trop de requêtes
title-overloaded = Le nœud est surchargé
title-unavailable = Indisponible pour l'instant ; rien n'a été modifié
title-outcome-unknown = Le résultat est inconnu ; répétez la requête avec la même clé
title-internal = Le nœud est en panne

### Détails

## La requête elle-même

no-such-path = Ce chemin n'existe pas. Voir /docs pour tous les chemins.
no-such-resource = Rien n'a cette adresse. Vérifiez les identifiants du chemin.
method-not-allowed = Ce chemin n'accepte pas cette méthode. Voir /docs pour les méthodes de chaque chemin.
body-late = Le corps n'est pas arrivé en { $seconds } s. Renvoyez la requête.
body-incomplete = La connexion s'est terminée avant la fin du corps. Renvoyez la requête.
body-too-large = Un corps a au plus { $limit_bytes } octets. Envoyez moins, ou divisez la requête.
uri-too-long = Le chemin et sa requête ont ensemble au plus { $limit_bytes } octets.
content-type = Le corps demande l'en-tête Content-Type: application/json.
content-encoding = Les corps compressés ne sont pas acceptés. Envoyez le corps sans Content-Encoding.
body-not-utf8 = Le corps a des octets qui ne sont pas de l'UTF-8. Encodez-le en UTF-8.
body-not-json = Le corps n'est pas du JSON à partir de la ligne { $line }, colonne { $column }.
body-unknown-field = { $path } : ce champ n'existe pas (ligne { $line }, colonne { $column } du contenu). Voyez /docs pour les champs.
body-repeated-field = { $path } : ce champ est deux fois dans le contenu (ligne { $line }, colonne { $column }). Envoyez-le une fois.
body-wrong-value = { $path } : envoyez { $expected ->
    [text] un texte
    [number] un nombre entier non négatif
    [decimal] un nombre
    [boolean] true ou false
    [list] une liste
    [object] un objet
   *[other] une valeur du bon type
} (ligne { $line }, colonne { $column } du contenu). Voyez /docs pour les types.
body-misplaced-list = Le corps a une liste à la place d'un objet ou d'une valeur simple. Voir /docs pour les types.
header-repeated = La requête a plus d'un en-tête { $header }. Envoyez-en un.
host-header = L'en-tête Host manque, est répété ou n'est pas un hôte. Envoyez-le une fois.
query-number = { $field } : envoyez un nombre.
query-boolean = { $field } : envoyez true ou false.
query-wrong-value = { $field } : la valeur n'est pas valide. Voir /docs pour les paramètres.
query-unreadable = Les paramètres sont illisibles. Voir /docs pour les paramètres.

## Répétitions et révisions

idempotency-key-missing = Envoyez un en-tête Idempotency-Key, avec une nouvelle valeur pour chaque nouvelle requête.
idempotency-key-invalid = Une Idempotency-Key a 1 à { $limit } caractères ASCII visibles.
idempotency-key-repeated = La requête a plus d'un en-tête Idempotency-Key. Envoyez-en un.
idempotency-key-reused = Cette Idempotency-Key a servi à une autre requête. Prenez une nouvelle clé pour une nouvelle requête.
request-in-flight = La première requête avec cette Idempotency-Key est encore en cours. Répétez cette requête dans une seconde.
revision-mismatch = La révision actuelle est { $current }. Relisez l'enregistrement, puis répétez avec son ETag.
record-missing = L'enregistrement n'existe pas, donc aucune révision ne convient. Omettez If-Match pour le créer.
record-exists = L'enregistrement existe déjà.
precondition-invalid = { $header } doit être * ou une liste d’ETags entre guillemets, par exemple "3".
guest-changed = Plusieurs requêtes ont modifié le client en même temps. Renvoyez la requête.
invalid-cursor = Ce curseur n'appartient pas à cette requête. Prenez le curseur d'une réponse à la même requête.
cursor-ahead = Ce curseur est après le dernier événement : le cluster a été restauré depuis une sauvegarde. Relisez tout, depuis le début.

## Appelants et droits

credentials-refused = Envoyez l'en-tête Authorization: Bearer, suivi d'une clé d'API ou d'un jeton valide.
guest-erased = L'hôte de cette réservation a été effacé, personne ne peut donc s'identifier pour elle.
guest-link-refused = Le lien ou le numéro de confirmation n'est pas valide. Demandez un nouveau lien à l'hôtel.
guest-session-ended = Cette session est terminée. Reconnectez-vous avec le lien et le numéro de confirmation. En cas de refus, demandez un nouveau lien à l'hôtel.
log-entries-need-auditor = Les feuilles du journal montrent l'occupation. Envoyez la clé d'un auditeur.
role-forbids = Le rôle { $role } ne permet pas cette opération. Utilisez une clé avec un autre rôle.
right-missing = Ces identifiants ne permettent pas cette opération ici. Un opérateur peut étendre les droits.
request-quota = Le quota est épuisé. Réessayez dans { $seconds } s. Les en-têtes RateLimit montrent le quota.
hold-quota = Vos options ouvertes dans cet hôtel peuvent prendre { $room_minutes } minutes de chambre à la fois. Libérez une option, ou demandez moins de chambres ou moins de temps.

## Champs

field-missing = { $field } manque.
property-id = propertyId : 1 à 64 lettres, chiffres, '-', '_' ou '.'.
field-code = { $field } : 1 à 20 lettres, chiffres, '-', '_' ou '.'.
text-too-long = { $field } : au plus { $limit } caractères.
text-has-control = { $field } a un caractère de contrôle à la position { $place }. Retirez-le.
text-has-card-number = { $field } contient un numéro de carte. Keyrack ne stocke pas de numéros de carte : envoyez un jeton de paiement.
date-missing = { $field } manque. Écrivez une date sous la forme AAAA-MM-JJ, comme 2026-12-24.
date-invalid = { $field } : { $text } n'est pas une date. Écrivez une date existante sous la forme AAAA-MM-JJ, comme 2026-12-24.
date-too-late = La dernière date possible est 2199-12-31.
dates-order = { $end } doit être après { $start }.
ari-dates-order = dateTo ne doit pas précéder dateFrom.
stay-too-long = Un séjour a au plus { $limit } nuits.
range-too-long = { $start } à { $end } fait plus de { $limit } jours. Demandez-en moins.
too-many-rates = La réponse aurait plus de { $limit } tarifs. Demandez moins de jours, ou un seul roomType ou ratePlan.
ari-too-many-days = Une ligne couvre au plus { $limit } jours. Utilisez plusieurs lignes.
no-rooms = rooms : envoyez au moins une chambre, chacune avec quantity d'au moins 1.
too-many-rooms = rooms : une réservation a au plus { $limit } chambres. Divisez-la.
too-many-guests = rooms : une chambre a au plus { $limit } adultes et { $limit } enfants.
adult-missing = { $field } doit être au moins 1 : chaque chambre a besoin d'un adulte.
hold-guests = rooms doit nommer les clients de chaque ligne de chambres de l'option (lignes : { $lines }), avec au moins un adulte par chambre.
note-kind = { $field } doit être guest ou internal.
note-internal = { $field } : seul le personnel de l'hôtel peut écrire des notes internes.
too-many-notes = Une réservation a au plus { $limit } notes.
override-rule = override.rule doit être restrictions.
amount = { $field } doit être un montant avec les décimales de sa devise, et la devise : amount 120.00, currency EUR.
seller-prices = sellerNightly doit avoir un prix décimal pour chacune des { $nights } nuits.
quote-id = quoteId n'est pas le devis d'un type de chambre et d'un plan tarifaire pour ce séjour. Redemandez les offres.
time = { $field } doit être une date et heure, par exemple 2026-12-24T18:00:00Z.
confirmation-number = Un numéro de confirmation a dix lettres et chiffres, par exemple 7K2M4-X9QRT.
guest-words = guest : envoyez un mot du nom avec une lettre ou un chiffre, ou l'adresse e-mail entière.
child-age = { $field } : envoyez chaque âge en années entières, 0 à { $most }. Comptez les enfants plus âgés comme adultes.
email = { $field } n'est pas une adresse e-mail. Écrivez nom@example.org, ou omettez le champ.
country = country : { $text } n'est pas un pays. Envoyez un code ISO 3166-1 de deux majuscules, comme PT.
language-tag = languages : { $text } n'est pas une langue. Envoyez des codes comme pt ou pt-BR (BCP 47).
room-type-missing = rooms : chaque chambre demande un roomType.
rate-plan-missing = rooms : chaque chambre demande un ratePlan.
guest-count = adults, children : au plus 65535 personnes ensemble.
currency = currency : envoyez un code ISO 4217, comme EUR.
capacity = capacity : envoyez le nombre de chambres de ce type.
occupancy = occupancy : envoyez le nombre de personnes par chambre, 0 à 65535.
cancellation-fee = cancellationPolicy : fee est none, first_night, ou percent avec percent de 0 à 100.
cancellation-days = cancellationPolicy.freeUntilDays : envoyez un nombre de jours, 0 à 65535.
ari-lines = updates : envoyez 1 à { $limit } lignes.
rate-without-plan = ratePlan : une ligne avec rate demande un ratePlan.
rate = { $field } : envoyez un texte décimal avec au plus { $digits } décimales, en { $currency }, comme "{ $example }".
night-count = { $field } : envoyez un nombre de nuits, 0 à 65535.
weekday = days : chacun est mon, tue, wed, thu, fri, sat ou sun.
time-zone = timeZone : envoyez un nom IANA, comme Europe/Lisbon.
location = location : latitude de -90 à 90, longitude de -180 à 180.
address-has-card-number = address contient un numéro de carte. Keyrack ne stocke pas de numéros de carte.
address-unreadable = address : le texte ne peut pas être stocké.
near = near : envoyez latitude et longitude, comme 38.72,-9.14.
radius = radiusKm : envoyez avec near un nombre supérieur à 0.
booking-state = state : confirmed, checked_in, checked_out, cancelled ou no_show.
consistency = consistency : linearizable, ou bounded avec maxStalenessMs.
staleness-missing = maxStalenessMs manque. consistency=bounded le demande.
amendment-empty = La modification ne change rien. Envoyez au moins arrival, departure, rooms, guest ou notes.
hold-ttl = ttlSeconds : 1 à { $limit }.
guest-link-ttl = ttlSeconds : { $least } à { $most }.
principal-id = principal : 1 à 64 minuscules, chiffres et '-'.
role = role : operator, manager, channel, desk ou auditor.
scope-entries = { $field } : au plus { $limit } entrées de 1 à 255 octets.
scope-contradicts = allProperties : laissez properties et regions vides, ou mettez false.
scope-widens = properties, regions : le principal n'aurait plus d'hôtel. Sans les deux, il couvre tous les hôtels : envoyez allProperties: true si vous le voulez, ou révoquez le principal.
subjects = subjects : au plus { $limit }, chacun avec issuer et subject de 1 à 255 octets.
text-bytes = { $field } : au plus { $limit } octets.
key-lifetime = expiresInSeconds : au moins 1, au plus 3162240000 (100 ans).
key-overlap = overlapSeconds : au plus { $limit } (une semaine).
audit-shard = shard : les shards de données vont de 1 à { $last }.

## Ce qu'une requête nomme

unknown-property = Aucun hôtel n'a l'identifiant { $property }.
unnamed-unknown-property = Cet hôtel n'existe pas.
unknown-room-type = L'hôtel n'a pas de type de chambre { $room_type }.
unknown-rate-plan = L'hôtel n'a pas de plan tarifaire { $rate_plan }.
unknown-booking = Aucune réservation n'a l'identifiant { $booking }. Vérifiez-le. Un numéro de confirmation n'est pas un identifiant ; la liste des réservations de l'hôtel montre les deux.
unknown-hold = Aucune option n'a l'identifiant { $hold }.
unknown-booking-or-hold = Aucune réservation ni option n'a l'identifiant { $record }.
unnamed-unknown-record = Cette réservation ou cette option n'existe pas.
unknown-guest = Aucun client n'a l'identifiant { $guest }.
unknown-node = Aucun nœud n'a l'identifiant { $node }.
unknown-principal = Aucun principal n'a l'identifiant { $principal }.
unknown-key = Le principal { $principal } n'a pas de clé avec le préfixe { $prefix }.

## Vente

sold-out = { $more ->
    [0] { $room_type } a trop peu de chambres le { $night }.
    [one] { $room_type } a trop peu de chambres le { $night } et une autre nuit.
   *[other] { $room_type } a trop peu de chambres le { $night } et { $more } autres nuits.
} Voir nights pour les chambres restantes.
sold-out-stay = Il y a trop peu de chambres pour ce séjour.
restricted = { $more ->
    [0] Une restriction de { $room_type } le { $night } ne permet pas ce séjour.
    [one] Des restrictions de { $room_type } le { $night } et une autre nuit ne permettent pas ce séjour.
   *[other] Des restrictions de { $room_type } le { $night } et { $more } autres nuits ne permettent pas ce séjour.
} Voir nights pour les restrictions.
restricted-stay = Une restriction ne permet pas ce séjour.
arrival-in-past = La date d'exploitation de l'hôtel est { $business_date }. L'arrivée ne doit pas la précéder.
occupancy-exceeded = { $occupancy ->
    [one] Une chambre de type { $room_type } accueille { $occupancy } personne.
   *[other] Une chambre de type { $room_type } accueille { $occupancy } personnes.
} Demandez plus de chambres ou un autre type.
currency-mismatch = Tous les tarifs et plans tarifaires d'une requête demandent la même devise.
capacity-too-large = Un type de chambre a au plus { $limit } chambres et 10000 points de base de surréservation, et un hôtel a un nombre limité de types de chambre et de plans tarifaires.
amount-too-large = Le tarif ou les frais sont trop grands pour être stockés.
wrong-state = La réservation est dans l'état { $state }, qui ne le permet pas.
wrong-business-date = La date d'exploitation de l'hôtel est { $business_date }. Envoyez cette date pour la clôturer.
not-due = Le client n'est pas encore attendu : la date d'exploitation de l'hôtel est { $business_date }.
stay-over = Le séjour est terminé : la date d'exploitation de l'hôtel est { $business_date }.
departure-in-past = Les nuits passées ne peuvent pas être rendues : la date d'exploitation de l'hôtel est { $business_date }.
too-late-to-revert = Le client est arrivé un jour précédent : la date d'exploitation de l'hôtel est { $business_date }. Enregistrez plutôt son départ.
price-changed = Le prix est maintenant { $total }. Demandez encore au client, puis réservez à ce prix.
price-agreed-elsewhere = Un plan tarifaire de ces chambres n'a pas de tarif : il n'y a pas de prix à comparer. Réservez sans expectedTotal ni quoteId.
duplicate-reference = Cette channelRef appartient à la réservation { $booking }. Modifiez cette réservation, ou utilisez une autre référence.
retired = { $code } n'est plus en vente.
hold-expired = L'option a expiré et ses chambres sont de nouveau libres. Posez une nouvelle option.
hold-closed = L'option était déjà confirmée ou libérée.
hold-confirmed = L'option a déjà été confirmée. Elle est devenue la réservation { $booking }.

## Reçus

not-cosigned = Une majorité des réplicas n'a pas encore signé le reçu. La réservation est sûre. Redemandez dans une seconde.
no-checkpoint = Une majorité des réplicas n'a pas encore signé de checkpoint de ce journal. Redemandez dans une seconde.
no-replica-keys = Aucun réplica n'a encore publié ses clés. Redemandez dans une seconde.
receipt-older-than-log = Cette réservation est antérieure au journal des reçus, elle n'a donc pas de reçu.
unknown-log = Aucun journal de reçus n'a ce numéro.
unknown-tile = Aucune tuile n'a ce nom. Voir c2sp.org/tlog-tiles pour les noms.
tile-not-covered = Aucun checkpoint ne couvre encore cette tuile.
tree-not-covered = Aucun checkpoint ne couvre encore un arbre de cette taille.

## Opérateurs

fencing-needs-majority = Isoler ce nœud ne laisserait pas de majorité. Réadmettez d'abord un autre nœud.
unknown-shard = Le shard { $shard } n'existe pas. L'annuaire est le shard 0 ; les shards de données vont de 1 à { $last }.
shard-without-leader = Le shard { $shard } n'a pas de leader maintenant. Réessayez quand il en a un.
leader-unreachable = Le nœud { $leader }, leader du shard { $shard }, ne répond pas. Réessayez.
hand-over-refused = Le leader du shard { $shard } ne peut pas céder sa place : { $cause }.
property-has-shard = L'hôtel { $property } est dans le shard { $shard }, qui existe. Seul un hôtel dans un shard qui n'existe pas peut être supprimé.
principal-revoked = Le principal a été révoqué. Une révocation est définitive : créez un autre principal.
principal-revision = Le principal a une autre révision. Relisez-le, puis répétez avec son ETag.
subject-taken = Un autre principal a déjà l'un de ces sujets.
too-many-keys = Un principal a au plus { $limit } clés valides. Révoquez-en une d'abord.
too-many-principals = L'annuaire est plein. Les principaux révoqués comptent aussi.
too-many-properties = Le cluster a le plus grand nombre possible d'hôtels, 250 000. Rien n'a été créé.

## Le cluster et ce nœud

shard-missing = L'hôtel est enregistré dans le shard { $shard }, qui n'existe pas : les shards de données vont de 1 à { $last }. Rien n'a été modifié. Un opérateur peut supprimer l'hôtel et le recréer.
shard-overloaded = Trop de commandes attendent le shard { $shard }. Rien n'a été modifié. Réessayez dans une seconde.
node-starting = Le nœud démarre. Rien n'a été modifié. Utilisez un autre nœud, ou réessayez quand /readyz répond 200.
shard-unavailable = Le shard { $shard } n'a pas de leader, ou aucune majorité de ses réplicas ne répond. Rien n'a été modifié. Réessayez.
outcome-unknown = Le shard { $shard } n'a pas répondu à temps. La modification a peut-être eu lieu, ou non. Répétez la requête avec la même Idempotency-Key pour le savoir.
trail-overloaded = La piste d'audit est en retard, le nœud retient donc la réponse. Répétez la requête avec la même Idempotency-Key dans une seconde.
connection-full = Trop d'octets attendent sur cette connexion. Lisez les réponses ouvertes ou terminez les requêtes ouvertes, puis répétez la requête.
address-full = Trop d'octets attendent pour les clients de votre adresse. Lisez les réponses ouvertes ou terminez les requêtes ouvertes, puis répétez la requête.
principal-full = Trop d'octets attendent pour vos requêtes. Lisez les réponses ouvertes ou terminez les requêtes ouvertes, puis répétez la requête.
node-full = Le nœud n'a plus de mémoire pour d'autres requêtes. Répétez la requête dans une seconde, ou demandez à un autre nœud.
too-many-open-streams = Trop de flux sans connexion sont ouverts. Terminez-en, ou réessayez plus tard.
storage-failed = Le nœud ne peut pas lire son stockage. Demandez à un autre nœud. Son journal donne la cause.
metrics-unwritable = Le nœud ne peut pas écrire ses métriques. Son journal donne la cause.
answer-unwritable = Le nœud ne peut pas écrire la réponse. Son journal donne la cause.
answer-unreadable = Le nœud ne peut pas lire la réponse de son réplica. Son journal donne la cause.
guest-unreadable = Le nœud ne peut pas déchiffrer le client de cette réservation et ne change rien : la clé manque dans son trousseau. Un opérateur doit l'ajouter.
no-randomness = Le système d'exploitation ne donne pas de nombres aléatoires au nœud. Demandez à un autre nœud.
clock-wrong = L'horloge du nœud est fausse. Demandez à un autre nœud.
key-not-stored = L'annuaire n'a pas stocké la clé. Réessayez.
