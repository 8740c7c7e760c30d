# Español. El orden es el de texts/src/detail.rs.

### Títulos, uno por código

title-invalid-json = El cuerpo no es JSON
title-unknown-field = El cuerpo tiene un campo desconocido
title-invalid-field = Un campo o parámetro falta o no es válido
title-invalid-utf8 = El cuerpo no es UTF-8
title-invalid-date = Falta una fecha o no es válida
title-invalid-stay = La salida no es posterior a la llegada
title-stay-too-long = La estancia tiene demasiadas noches
title-no-rooms = La petición no nombra ninguna habitación
title-too-many-rooms = La petición nombra demasiadas habitaciones
title-card-number = Un texto contiene un número de tarjeta
title-idempotency-key-required = Falta la cabecera Idempotency-Key
title-invalid-idempotency-key = La Idempotency-Key no es válida
title-invalid-cursor = El cursor no es válido
title-cursor-ahead = El cursor está después del último evento
title-unauthenticated = Sin credenciales válidas
title-forbidden = Sin derecho a esta operación
title-not-found = No encontrado
title-unknown-property = Hotel desconocido
title-method-not-allowed = Esta ruta no admite el método
title-request-timeout = La petición no llegó a tiempo
title-sold-out = No hay habitaciones suficientes
title-restricted = Una restricción no permite esta estancia
title-not-cosigned = El recibo aún no está cofirmado
title-request-in-flight = La primera petición con esta clave sigue en curso
title-wrong-state = El estado actual no lo permite
title-stay-over = La estancia ha terminado
title-too-late-to-revert = La entrada es de un día anterior
title-price-changed = El precio ha cambiado
title-duplicate-reference = Ya hay una reserva con esta referencia
title-retired = Ya no está a la venta
title-departure-in-past = La salida es anterior a la fecha de negocio del hotel
title-hold-expired = La opción ha caducado
title-precondition-failed = Otra petición cambió el registro
title-payload-too-large = El cuerpo es demasiado grande
title-uri-too-long = La URI es demasiado larga
title-unsupported-media-type = El tipo o la codificación del cuerpo no se admite
title-idempotency-key-reused = La Idempotency-Key pertenece a otra petición
title-unknown-room-type = Tipo de habitación desconocido
title-unknown-rate-plan = Plan de tarifas desconocido
title-arrival-in-past = La llegada es anterior a la fecha de negocio del hotel
title-occupancy-exceeded = Demasiados huéspedes para la habitación
title-currency-mismatch = Las divisas son distintas
title-capacity-too-large = El número de habitaciones es demasiado grande
title-amount-too-large = El importe es demasiado grande
title-quota-exceeded = Demasiadas peticiones
title-overloaded = El nodo está sobrecargado
title-unavailable = No disponible ahora; no se cambió nada
title-outcome-unknown = El resultado es desconocido; repita la petición con la misma clave
title-internal = El nodo tiene un fallo

### Detalles

## La petición en sí

no-such-path = Esta ruta no existe. Vea /docs para todas las rutas.
no-such-resource = Nada tiene esta dirección. Compruebe los identificadores de la ruta.
method-not-allowed = Esta ruta no admite este método. Vea /docs para los métodos de cada ruta.
body-late = El cuerpo no llegó en { $seconds } s. Envíe la petición otra vez.
body-incomplete = La conexión terminó antes de completar el cuerpo. Envíe la petición otra vez.
body-too-large = Un cuerpo tiene como máximo { $limit_bytes } bytes. Envíe menos, o divida la petición.
uri-too-long = La ruta y su consulta tienen juntas como máximo { $limit_bytes } bytes.
content-type = El cuerpo necesita la cabecera Content-Type: application/json.
content-encoding = No se admiten cuerpos comprimidos. Envíe el cuerpo sin Content-Encoding.
body-not-utf8 = El cuerpo tiene bytes que no son UTF-8. Codifíquelo en UTF-8.
body-not-json = El cuerpo no es JSON desde la línea { $line }, columna { $column }.
body-unknown-field = { $path }: este campo no existe (línea { $line }, columna { $column } del contenido). Vea los campos en /docs.
body-repeated-field = { $path }: este campo está dos veces en el contenido (línea { $line }, columna { $column }). Envíelo una vez.
body-wrong-value = { $path }: envíe { $expected ->
    [text] un texto
    [number] un número entero no negativo
    [decimal] un número
    [boolean] true o false
    [list] una lista
    [object] un objeto
   *[other] un valor del tipo correcto
} (línea { $line }, columna { $column } del contenido). Vea los tipos en /docs.
body-misplaced-list = El cuerpo tiene una lista donde va un objeto o un valor simple. Vea /docs para los tipos.
header-repeated = La petición tiene más de una cabecera { $header }. Envíe una.
host-header = La cabecera Host falta, está repetida o no es un host. Envíela una vez.
query-number = { $field }: envíe un número.
query-boolean = { $field }: envíe true o false.
query-wrong-value = { $field }: el valor no es válido. Vea /docs para los parámetros.
query-unreadable = La consulta no se puede leer. Vea /docs para los parámetros.

## Repeticiones y revisiones

idempotency-key-missing = Envíe una cabecera Idempotency-Key, con un valor nuevo para cada petición nueva.
idempotency-key-invalid = Una Idempotency-Key tiene de 1 a { $limit } caracteres ASCII visibles.
idempotency-key-repeated = La petición tiene más de una cabecera Idempotency-Key. Envíe una.
idempotency-key-reused = Esta Idempotency-Key se usó para otra petición. Use una clave nueva para una petición nueva.
request-in-flight = La primera petición con esta Idempotency-Key sigue en curso. Repita esta petición en un segundo.
revision-mismatch = La revisión actual es { $current }. Lea el registro otra vez y repita con su ETag.
record-missing = El registro no existe, así que ninguna revisión coincide. Omita If-Match para crearlo.
record-exists = El registro ya existe.
precondition-invalid = { $header } debe ser * o una lista de ETags entre comillas, por ejemplo "3".
guest-changed = Varias solicitudes cambiaron el huésped a la vez. Envíe la solicitud otra vez.
invalid-cursor = Este cursor no pertenece a esta petición. Tome el cursor de una respuesta a la misma petición.
cursor-ahead = Este cursor está después del último evento: el clúster se restauró de una copia de seguridad. Lea todo otra vez, desde el principio.

## Llamantes y derechos

credentials-refused = Envíe la cabecera Authorization: Bearer, seguida de una clave de API o un token válido.
guest-erased = El huésped de esta reserva fue borrado, por eso nadie puede identificarse para ella.
guest-link-refused = El enlace o el número de confirmación no es válido. Pida al hotel un enlace nuevo.
guest-session-ended = Esta sesión ha terminado. Inicie sesión de nuevo con el enlace y el número de confirmación. Si se rechaza, pida al hotel un enlace nuevo.
log-entries-need-auditor = Las hojas del registro muestran la ocupación. Envíe la clave de un auditor.
role-forbids = El rol { $role } no permite esta operación. Use una clave con otro rol.
right-missing = Estas credenciales no permiten esta operación aquí. Un operador puede ampliar los derechos.
request-quota = La cuota está agotada. Inténtelo de nuevo en { $seconds } s. Las cabeceras RateLimit muestran la cuota.
hold-quota = Sus opciones abiertas en este hotel pueden ocupar { $room_minutes } minutos de habitación a la vez. Libere una opción, o pida menos habitaciones o menos tiempo.

## Campos

field-missing = Falta { $field }.
property-id = propertyId: de 1 a 64 letras, cifras, '-', '_' o '.'.
field-code = { $field }: de 1 a 20 letras, cifras, '-', '_' o '.'.
text-too-long = { $field }: como máximo { $limit } caracteres.
text-has-control = { $field } tiene un carácter de control en la posición { $place }. Quítelo.
text-has-card-number = { $field } contiene un número de tarjeta. Keyrack no guarda números de tarjeta: envíe un token de pago.
date-missing = Falta { $field }. Escriba una fecha como AAAA-MM-DD, por ejemplo 2026-12-24.
date-invalid = { $field }: { $text } no es una fecha. Escriba una fecha existente como AAAA-MM-DD, por ejemplo 2026-12-24.
date-too-late = La última fecha es 2199-12-31.
dates-order = { $end } debe ser posterior a { $start }.
ari-dates-order = dateTo no debe ser anterior a dateFrom.
stay-too-long = Una estancia tiene como máximo { $limit } noches.
range-too-long = De { $start } a { $end } hay más de { $limit } días. Pida menos.
too-many-rates = La respuesta tendría más de { $limit } tarifas. Pida menos días, o un solo roomType o ratePlan.
ari-too-many-days = Una línea cubre como máximo { $limit } días. Use varias líneas.
no-rooms = rooms: envíe al menos una habitación, cada una con quantity de al menos 1.
too-many-rooms = rooms: una reserva tiene como máximo { $limit } habitaciones. Divídala.
too-many-guests = rooms: una habitación tiene como máximo { $limit } adultos y { $limit } niños.
adult-missing = { $field } debe ser al menos 1: cada habitación necesita un adulto.
hold-guests = rooms debe nombrar a los huéspedes de cada línea de habitaciones de la opción (líneas: { $lines }), con al menos un adulto en cada habitación.
note-kind = { $field } debe ser guest o internal.
note-internal = { $field }: solo el personal del hotel puede escribir notas internas.
too-many-notes = Una reserva tiene como máximo { $limit } notas.
override-rule = override.rule debe ser restrictions.
amount = { $field } debe ser un importe con los decimales de su moneda, y la moneda: amount 120.00, currency EUR.
seller-prices = sellerNightly debe tener un precio decimal para cada una de las { $nights } noches.
quote-id = quoteId no es la oferta de un tipo de habitación y un plan de tarifas para esta estancia. Pida las ofertas otra vez.
time = { $field } debe ser una fecha y hora, por ejemplo 2026-12-24T18:00:00Z.
confirmation-number = Un número de confirmación tiene diez letras y cifras, por ejemplo 7K2M4-X9QRT.
guest-words = guest: envíe una palabra del nombre con una letra o una cifra, o la dirección de correo entera.
child-age = { $field }: envíe cada edad en años enteros, de 0 a { $most }. Cuente a los niños mayores como adultos.
email = { $field } no es una dirección de correo. Escriba nombre@example.org, u omita el campo.
country = country: { $text } no es un país. Envíe un código ISO 3166-1 de dos mayúsculas, como PT.
language-tag = languages: { $text } no es un idioma. Envíe códigos como pt o pt-BR (BCP 47).
room-type-missing = rooms: cada habitación necesita un roomType.
rate-plan-missing = rooms: cada habitación necesita un ratePlan.
guest-count = adults, children: como máximo 65535 huéspedes en total.
currency = currency: envíe un código ISO 4217, como EUR.
capacity = capacity: envíe el número de habitaciones de este tipo.
occupancy = occupancy: envíe el número de huéspedes por habitación, de 0 a 65535.
cancellation-fee = cancellationPolicy: fee es none, first_night, o percent con percent de 0 a 100.
cancellation-days = cancellationPolicy.freeUntilDays: envíe un número de días, de 0 a 65535.
ari-lines = updates: envíe de 1 a { $limit } líneas.
rate-without-plan = ratePlan: una línea con rate necesita un ratePlan.
rate = { $field }: envíe un texto decimal con { $digits } decimales como máximo, en { $currency }, como "{ $example }".
night-count = { $field }: envíe un número de noches, de 0 a 65535.
weekday = days: cada uno es mon, tue, wed, thu, fri, sat o sun.
time-zone = timeZone: envíe un nombre IANA, como Europe/Lisbon.
location = location: latitude es de -90 a 90, longitude de -180 a 180.
address-has-card-number = address contiene un número de tarjeta. Keyrack no guarda números de tarjeta.
address-unreadable = address: el texto no se puede guardar.
near = near: envíe latitud y longitud, como 38.72,-9.14.
radius = radiusKm: envíe con near un número mayor que 0.
booking-state = state: confirmed, checked_in, checked_out, cancelled o no_show.
consistency = consistency: linearizable, o bounded con maxStalenessMs.
staleness-missing = Falta maxStalenessMs. consistency=bounded lo necesita.
amendment-empty = La modificación no cambia nada. Envíe al menos arrival, departure, rooms, guest o notes.
hold-ttl = ttlSeconds: de 1 a { $limit }.
guest-link-ttl = ttlSeconds: de { $least } a { $most }.
principal-id = principal: de 1 a 64 minúsculas, cifras y '-'.
role = role: operator, manager, channel, desk o auditor.
scope-entries = { $field }: como máximo { $limit } entradas de 1 a 255 bytes.
scope-contradicts = allProperties: deje vacíos properties y regions, o póngalo a false.
scope-widens = properties, regions: el principal se quedaría sin hoteles. Sin ambos abarca todos los hoteles: envíe allProperties: true si lo quiere, o revoque el principal.
subjects = subjects: como máximo { $limit }, cada uno con issuer y subject de 1 a 255 bytes.
text-bytes = { $field }: como máximo { $limit } bytes.
key-lifetime = expiresInSeconds: al menos 1, como máximo 3162240000 (100 años).
key-overlap = overlapSeconds: como máximo { $limit } (una semana).
audit-shard = shard: los shards de datos van de 1 a { $last }.

## Lo que nombra una petición

unknown-property = Ningún hotel tiene el identificador { $property }.
unnamed-unknown-property = Este hotel no existe.
unknown-room-type = El hotel no tiene un tipo de habitación { $room_type }.
unknown-rate-plan = El hotel no tiene un plan de tarifas { $rate_plan }.
unknown-booking = Ninguna reserva tiene el identificador { $booking }. Compruébelo. Un número de confirmación no es un identificador; la lista de reservas del hotel muestra ambos.
unknown-hold = Ninguna opción tiene el identificador { $hold }.
unknown-booking-or-hold = Ninguna reserva ni opción tiene el identificador { $record }.
unnamed-unknown-record = Esta reserva u opción no existe.
unknown-guest = Ningún huésped tiene el identificador { $guest }.
unknown-node = Ningún nodo tiene el identificador { $node }.
unknown-principal = Ningún principal tiene el identificador { $principal }.
unknown-key = El principal { $principal } no tiene una clave con el prefijo { $prefix }.

## Venta

sold-out = { $more ->
    [0] { $room_type } tiene muy pocas habitaciones el { $night }.
    [one] { $room_type } tiene muy pocas habitaciones el { $night } y otra noche.
   *[other] { $room_type } tiene muy pocas habitaciones el { $night } y otras { $more } noches.
} Vea nights para las habitaciones que quedan.
sold-out-stay = Hay muy pocas habitaciones para esta estancia.
restricted = { $more ->
    [0] Una restricción de { $room_type } el { $night } no permite esta estancia.
    [one] Restricciones de { $room_type } el { $night } y otra noche no permiten esta estancia.
   *[other] Restricciones de { $room_type } el { $night } y otras { $more } noches no permiten esta estancia.
} Vea nights para las restricciones.
restricted-stay = Una restricción no permite esta estancia.
arrival-in-past = La fecha de negocio del hotel es { $business_date }. La llegada no debe ser anterior.
occupancy-exceeded = { $occupancy ->
    [one] Una habitación del tipo { $room_type } admite un huésped.
   *[other] Una habitación del tipo { $room_type } admite { $occupancy } huéspedes.
} Pida más habitaciones u otro tipo.
currency-mismatch = Todas las tarifas y planes de una petición necesitan la misma divisa.
capacity-too-large = Un tipo de habitación tiene como máximo { $limit } habitaciones y 10000 puntos básicos de sobreventa, y un hotel tiene un número limitado de tipos de habitación y planes de tarifas.
amount-too-large = La tarifa o el cargo es demasiado grande para guardarlo.
wrong-state = La reserva está en el estado { $state }, que no lo permite.
wrong-business-date = La fecha de negocio del hotel es { $business_date }. Envíe esta fecha para cerrarla.
not-due = El huésped aún no se espera: la fecha de negocio del hotel es { $business_date }.
stay-over = La estancia ha terminado: la fecha de negocio del hotel es { $business_date }.
departure-in-past = Las noches pasadas no se pueden devolver: la fecha de negocio del hotel es { $business_date }.
too-late-to-revert = El huésped entró un día anterior: la fecha de negocio del hotel es { $business_date }. Registre su salida en su lugar.
price-changed = El precio es ahora { $total }. Pregunte otra vez al huésped y reserve a este precio.
price-agreed-elsewhere = Un plan de tarifas de estas habitaciones no tiene tarifas, así que no hay precio que comparar. Reserve sin expectedTotal ni quoteId.
duplicate-reference = Esta channelRef pertenece a la reserva { $booking }. Modifique esa reserva o use otra referencia.
retired = { $code } ya no está a la venta.
hold-expired = La opción ha caducado y sus habitaciones vuelven a estar libres. Ponga una opción nueva.
hold-closed = La opción ya fue confirmada o liberada.
hold-confirmed = La opción ya se confirmó. Se convirtió en la reserva { $booking }.

## Recibos

not-cosigned = Una mayoría de las réplicas aún no ha firmado el recibo. La reserva está segura. Pregunte otra vez en un segundo.
no-checkpoint = Una mayoría de las réplicas aún no ha firmado un checkpoint de este registro. Pregunte otra vez en un segundo.
no-replica-keys = Ninguna réplica ha publicado aún sus claves. Pregunte otra vez en un segundo.
receipt-older-than-log = Esta reserva es anterior al registro de recibos, así que no tiene recibo.
unknown-log = Ningún registro de recibos tiene este número.
unknown-tile = Ninguna tesela tiene este nombre. Vea c2sp.org/tlog-tiles para los nombres.
tile-not-covered = Ningún checkpoint cubre aún esta tesela.
tree-not-covered = Ningún checkpoint cubre aún un árbol de este tamaño.

## Operadores

fencing-needs-majority = Aislar este nodo no dejaría una mayoría. Readmita antes otro nodo.
unknown-shard = No existe el shard { $shard }. El directorio es el shard 0; los shards de datos van de 1 a { $last }.
shard-without-leader = El shard { $shard } no tiene líder ahora. Inténtelo cuando tenga uno.
leader-unreachable = El nodo { $leader }, líder del shard { $shard }, no responde. Inténtelo de nuevo.
hand-over-refused = El líder del shard { $shard } no puede ceder el puesto: { $cause }.
property-has-shard = El hotel { $property } está en el shard { $shard }, que existe. Solo se puede eliminar un hotel de un shard que no existe.
principal-revoked = El principal fue revocado. Una revocación es definitiva: cree otro principal.
principal-revision = El principal tiene otra revisión. Léalo otra vez y repita con su ETag.
subject-taken = Otro principal ya tiene uno de estos sujetos.
too-many-keys = Un principal tiene como máximo { $limit } claves válidas. Revoque antes una.
too-many-principals = El directorio está lleno. Los principales revocados también cuentan.
too-many-properties = El clúster tiene el mayor número posible de hoteles, 250 000. No se ha creado nada.

## El clúster y este nodo

shard-missing = El hotel está registrado en el shard { $shard }, que no existe: los shards de datos van de 1 a { $last }. No se cambió nada. Un operador puede eliminar el hotel y crearlo de nuevo.
shard-overloaded = Demasiadas órdenes esperan al shard { $shard }. No se cambió nada. Inténtelo de nuevo en un segundo.
node-starting = El nodo está arrancando. No se cambió nada. Use otro nodo, o inténtelo de nuevo cuando /readyz responda 200.
shard-unavailable = El shard { $shard } no tiene líder, o ninguna mayoría de sus réplicas responde. No se cambió nada. Inténtelo de nuevo.
outcome-unknown = El shard { $shard } no respondió a tiempo. El cambio puede haber ocurrido o no. Repita la petición con la misma Idempotency-Key para saberlo.
trail-overloaded = El registro de auditoría va con retraso, por eso el nodo retiene la respuesta. Repita la petición con la misma Idempotency-Key en un segundo.
connection-full = Hay demasiados bytes en espera en esta conexión. Lea las respuestas abiertas o termine las peticiones abiertas y repita la petición.
address-full = Hay demasiados bytes en espera para clientes con su dirección. Lea las respuestas abiertas o termine las peticiones abiertas y repita la petición.
principal-full = Hay demasiados bytes en espera para sus peticiones. Lea las respuestas abiertas o termine las peticiones abiertas y repita la petición.
node-full = El nodo no tiene memoria para más peticiones. Repita la petición en un segundo o pregunte a otro nodo.
too-many-open-streams = Hay demasiados flujos sin inicio de sesión abiertos. Cierre algunos o inténtelo más tarde.
storage-failed = El nodo no puede leer su almacenamiento. Pregunte a otro nodo. Su registro dice la causa.
metrics-unwritable = El nodo no puede escribir sus métricas. Su registro dice la causa.
answer-unwritable = El nodo no puede escribir la respuesta. Su registro dice la causa.
answer-unreadable = El nodo no puede leer la respuesta de su réplica. Su registro dice la causa.
guest-unreadable = El nodo no puede descifrar al huésped de esta reserva y no cambia nada: falta la clave en su llavero. Un operador debe añadirla.
no-randomness = El sistema operativo no da números aleatorios al nodo. Pregunte a otro nodo.
clock-wrong = El reloj del nodo está mal. Pregunte a otro nodo.
key-not-stored = El directorio no guardó la clave. Inténtelo de nuevo.
