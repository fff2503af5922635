# Words of the shop. The theme names the ones it needs in templates/strings.toml.

## Getting around

skip_to_content = Zum Inhalt
menu = Menü
main_menu = Hauptmenü
breadcrumb = Sie sind hier
search = Suche
cart = Warenkorb
language = Sprache
change_country = Land ändern
home = Startseite
on_this_page = Auf dieser Seite
pages = Seiten
previous_page = Zurück
next_page = Weiter
page_of = Seite { $page } von { $pages }
page_title = { $title }, Seite { $page } von { $pages }
title_with_store = { $title } | { $store }

## Home

our_promises = Worauf Sie zählen können
shop_by_category = Ihr Weg ins Bett
featured = Worauf wir schlafen
about_us = Über uns

## Listings

products = Produkte
subcategories = Genauer wählen
product_count =
    { $count ->
        [one] { $count } Produkt
       *[other] { $count } Produkte
    }
category_empty = Hier gibt es gerade nichts. Schauen Sie bald wieder vorbei.
badge_new = Neu
badge_save = −{ $percent } %

## Prices

price_from = ab { $price }
price_now = Jetzt
price_before = Vorher
save_amount = Sie sparen { $amount }
prior_price = Niedrigster Preis der letzten 30 Tage: { $price }
note_vat_included = Inkl. MwSt.
note_vat_on_top = Zzgl. MwSt.
note_delivery_extra = Versandkosten kommen an der Kasse dazu.
delivery_link = Versand und Kosten

## Product

pictures = Bilder
show_picture = Bild zeigen
description = Beschreibung
specifications = Produktdaten
quantity = Menge
add_to_cart = In den Warenkorb
sold_out = Ausverkauft
not_available = nicht verfügbar
whats_inside = Was dazugehört
part_quantity = { $count } ×
related_products = Passt gut dazu
yes = Ja
no = Nein

## Availability and delivery

availability_in = Auf Lager
availability_low = Nur noch wenige da
availability_out = Zurzeit ausverkauft
availability_backorder = Wird auf Bestellung gefertigt
delivery_days = Lieferung in { $from } bis { $to } Werktagen
delivery_parcel = Paket
delivery_freight = Spedition mit zwei Personen
free_delivery = Versand kostenlos
free_delivery_from = Versand kostenlos ab { $amount }
free_returns = Rückgabe kostenlos

## Promises

announcement_returns = Schlafen Sie darüber: { $days } Nächte Probeschlafen, Rückgabe kostenlos
point_returns_title =
    { $days ->
        [one] { $days } Nacht Probeschlafen
       *[other] { $days } Nächte Probeschlafen
    }
point_returns_text =
    { $days ->
        [one] Passt nicht? Schicken Sie es innerhalb eines Tages zurück.
       *[other] Passt nicht? Schicken Sie es innerhalb von { $days } Tagen zurück.
    }
point_delivery_text = In { $from } bis { $to } Werktagen an Ihrer Tür.
point_guarantee_title =
    { $years ->
        [one] { $years } Jahr Garantie
       *[other] { $years } Jahre Garantie
    }
point_payment_title = Zahlen, wie es Ihnen passt
point_payment_text = { $methods }

## Reviews

reviews = Bewertungen
review_count =
    { $count ->
        [one] { $count } Bewertung
       *[other] { $count } Bewertungen
    }
rating_label = { $value } von 5 Sternen
rating_table = Wie sich die Bewertungen verteilen
stars = Sterne
verified_buyer = Verifizierter Kauf

## Pages of text

updated_on = Aktualisiert am { $date }
as_of = Stand: { $date }
callout_tip = Gut zu wissen
callout_note = Hinweis
callout_warning = Bitte beachten
still_a_question = Noch eine Frage?
contact_us = Schreiben Sie uns
sample_notice = Dies ist ein Mustershop. Hier kann nichts gekauft werden, und die Rechtstexte sind Beispiele.

## Footer

footer_help = Hilfe
footer_shop = Shop
footer_company = Nimbus
payment_methods = Zahlungsarten
payment_apple_pay = Apple Pay
payment_bank_transfer = Überweisung
payment_card = Karte
payment_cash_on_delivery = Zahlung bei Lieferung
payment_invoice = Rechnung
payment_konbini = Konbini
payment_paypal = PayPal
payment_twint = TWINT
copyright = © { $year } { $name }

## Elsewhere

chooser_title = Wo schlafen Sie?
chooser_lead = Wählen Sie Ihr Land und Ihre Sprache.
not_found_title = Unter dieser Adresse ist nichts
not_found_text = Vielleicht ist die Seite umgezogen, oder in der Adresse steckt ein kleiner Fehler. Von hier finden Sie zurück.
redirect_label = Diese Seite ist umgezogen

## Units

unit_celsius = { $value } °C
unit_cm = { $value } cm
unit_g = { $value } g
unit_gsm = { $value } g/m²
unit_kg = { $value } kg
unit_years =
    { $count ->
        [one] { $count } Jahr
       *[other] { $count } Jahre
    }

## E-Mails

mail_order_received_subject = Ihre Bestellung { $number } bei { $store }
mail_order_received_title = Danke für Ihre Bestellung
mail_order_received_lead = Wir haben Ihre Bestellung erhalten und machen sie fertig. Diese E-Mail bestätigt, was Sie gekauft haben und was es kostet.
mail_payment_failed_subject = Die Zahlung zur Bestellung { $number } ist fehlgeschlagen
mail_payment_failed_title = Ihre Zahlung hat nicht geklappt
mail_payment_failed_lead = { $amount } konnten nicht abgebucht werden, und es wurde kein Geld eingezogen. Die Bestellung ist storniert; was Sie ausgesucht hatten, liegt wieder in Ihrem Warenkorb, und Sie können es noch einmal versuchen.
mail_shipped_subject = Ihre Bestellung { $number } ist unterwegs
mail_shipped_title = Sie ist unterwegs
mail_shipped_lead = Wir haben die folgenden Artikel an { $carrier } übergeben.
mail_refunded_subject = Geld zurück zur Bestellung { $number }
mail_refunded_title = Ihr Geld ist auf dem Weg zurück
mail_refunded_lead = Wir haben Ihnen { $amount } auf dem Weg zurückgezahlt, auf dem Sie bezahlt haben. Bis Ihre Bank das zeigt, kann es einige Tage dauern.
mail_withdrawal_received_subject = Wir haben Ihren Widerruf zur Bestellung { $number } erhalten
mail_withdrawal_received_title = Eingangsbestätigung Ihres Widerrufs
mail_withdrawal_received_lead = Ihre Erklärung, dass Sie den Vertrag widerrufen, ist am { $date } um { $time } Uhr ({ $zone }) bei uns eingegangen. Bitte bewahren Sie diese Bestätigung auf.
mail_order_number = Bestellnummer
mail_order_date = Bestellt am
mail_carrier = Versand durch
mail_tracking = Sendungsnummer
mail_rest_follows = Das ist ein Teil Ihrer Bestellung; der Rest folgt.
mail_amount = Betrag
mail_declared_by = Erklärt von
mail_declared_email = E-Mail-Adresse
mail_received_at = Eingegangen
mail_received_on = { $date }, { $time } Uhr ({ $zone })
mail_declaration = Inhalt der Erklärung
mail_declaration_text = Ich widerrufe den Vertrag über den Kauf der folgenden Waren.
mail_items = Artikel
mail_item_quantity = { $count } ×
mail_goods = Waren
mail_delivery = Lieferung
mail_discounts = Rabatte
mail_total = Summe
mail_tax_included = darin { $rate } % Steuer
mail_tax_on_top = { $rate } % Steuer
mail_gift = Geschenk
mail_ship_to = Lieferadresse
mail_bill_to = Rechnungsadresse
mail_payment = Zahlung
mail_expected = Erwartet { $from } bis { $to }
mail_expected_on = Erwartet { $date }
mail_see_order = Bestellung ansehen
mail_keep_link = Wer diesen Link hat, kann die Bestellung sehen. Bitte geben Sie ihn nicht weiter.
mail_why = Sie erhalten diese E-Mail wegen einer Bestellung bei { $store }.
mail_questions = Fragen? Schreiben Sie uns:
