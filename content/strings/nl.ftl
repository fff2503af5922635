# Words of the shop. The theme names the ones it needs in templates/strings.toml.

## Getting around

skip_to_content = Naar de inhoud
menu = Menu
main_menu = Hoofdmenu
breadcrumb = Je bent hier
search = Zoeken
cart = Winkelwagen
language = Taal
change_country = Ander land kiezen
home = Home
on_this_page = Op deze pagina
pages = Pagina’s
previous_page = Vorige
next_page = Volgende
page_of = Pagina { $page } van { $pages }
page_title = { $title }, pagina { $page } van { $pages }
title_with_store = { $title } | { $store }

## Home

our_promises = Waar je op kunt rekenen
shop_by_category = Zo kom je in bed
featured = Waar wij op slapen
about_us = Over ons

## Listings

products = Producten
subcategories = Kies preciezer
product_count =
    { $count ->
        [one] { $count } product
       *[other] { $count } producten
    }
category_empty = Hier is nu even niets. Kom snel nog eens kijken.
badge_new = Nieuw
badge_save = −{ $percent }%

## Prices

price_from = vanaf { $price }
price_now = Nu
price_before = Voorheen
save_amount = Je bespaart { $amount }
prior_price = Laagste prijs van de afgelopen 30 dagen: { $price }
note_vat_included = Inclusief btw.
note_vat_on_top = Exclusief btw.
note_delivery_extra = Bezorgkosten komen er bij het afrekenen bij.
delivery_link = Bezorging en kosten

## Product

pictures = Foto’s
show_picture = Foto bekijken
description = Beschrijving
specifications = Productgegevens
quantity = Aantal
add_to_cart = In winkelwagen
sold_out = Uitverkocht
not_available = niet beschikbaar
whats_inside = Wat erin zit
part_quantity = { $count } ×
related_products = Past er goed bij
yes = Ja
no = Nee

## Availability and delivery

availability_in = Op voorraad
availability_low = Nog maar een paar op voorraad
availability_out = Tijdelijk uitverkocht
availability_backorder = Wordt op bestelling gemaakt
delivery_days = Bezorgd in { $from } tot { $to } werkdagen
delivery_parcel = Pakket
delivery_freight = Bezorging door twee personen
free_delivery = Gratis bezorging
free_delivery_from = Gratis bezorging vanaf { $amount }
free_returns = Gratis retourneren

## Promises

announcement_returns = Slaap er gerust over: { $days } nachten proefslapen, gratis retourneren
point_returns_title =
    { $days ->
        [one] { $days } nacht proefslapen
       *[other] { $days } nachten proefslapen
    }
point_returns_text =
    { $days ->
        [one] Toch niet goed? Stuur het binnen een dag terug.
       *[other] Toch niet goed? Stuur het binnen { $days } dagen terug.
    }
point_delivery_text = Binnen { $from } tot { $to } werkdagen bij je thuis.
point_guarantee_title = { $years } jaar garantie
point_payment_title = Betaal zoals jij wilt
point_payment_text = { $methods }

## Reviews

reviews = Beoordelingen
review_count =
    { $count ->
        [one] { $count } beoordeling
       *[other] { $count } beoordelingen
    }
rating_label = { $value } van de 5 sterren
rating_table = Zo zijn de beoordelingen verdeeld
stars = sterren
verified_buyer = Geverifieerde aankoop

## Pages of text

updated_on = Bijgewerkt op { $date }
as_of = Versie van { $date }
callout_tip = Goed om te weten
callout_note = Opmerking
callout_warning = Let op
still_a_question = Nog een vraag?
contact_us = Schrijf ons
sample_notice = Dit is een voorbeeldwinkel. Je kunt hier niets kopen, en de juridische teksten zijn voorbeelden.

## Footer

footer_help = Hulp
footer_shop = Winkel
footer_company = Nimbus
payment_methods = Betaalmethoden
payment_apple_pay = Apple Pay
payment_bank_transfer = Overboeking
payment_card = Kaart
payment_cash_on_delivery = Betalen bij bezorging
payment_invoice = Factuur
payment_konbini = Konbini
payment_paypal = PayPal
payment_twint = TWINT
copyright = © { $year } { $name }

## Elsewhere

chooser_title = Waar slaap jij?
chooser_lead = Kies je land en je taal.
not_found_title = Op dit adres is niets te vinden
not_found_text = Misschien is de pagina verhuisd, of zit er een foutje in het adres. Vanaf hier vind je de weg terug.
redirect_label = Deze pagina is verhuisd

## Units

unit_celsius = { $value } °C
unit_cm = { $value } cm
unit_g = { $value } g
unit_gsm = { $value } g/m²
unit_kg = { $value } kg
unit_years = { $count } jaar

## E-mails

mail_order_received_subject = Je bestelling { $number } bij { $store }
mail_order_received_title = Bedankt voor je bestelling
mail_order_received_lead = We hebben je bestelling ontvangen en maken alles klaar. Deze e-mail bevestigt wat je hebt gekocht en wat het kost.
mail_payment_failed_subject = De betaling van bestelling { $number } is mislukt
mail_payment_failed_title = Je betaling is niet gelukt
mail_payment_failed_lead = { $amount } kon niet worden afgeschreven en er is geen geld geïnd. De bestelling is geannuleerd; wat je had uitgekozen ligt weer in je winkelwagen, dus je kunt het nog eens proberen.
mail_shipped_subject = Je bestelling { $number } is onderweg
mail_shipped_title = Je bestelling is onderweg
mail_shipped_lead = We hebben de volgende artikelen meegegeven aan { $carrier }.
mail_refunded_subject = Geld terug voor bestelling { $number }
mail_refunded_title = Je geld komt eraan
mail_refunded_lead = We hebben { $amount } aan je terugbetaald, op dezelfde manier als je hebt betaald. Het kan een paar dagen duren voordat je bank het laat zien.
mail_withdrawal_received_subject = We hebben je herroeping van bestelling { $number } ontvangen
mail_withdrawal_received_title = Ontvangstbevestiging van je herroeping
mail_withdrawal_received_lead = We hebben je verklaring dat je de overeenkomst herroept ontvangen op { $date } om { $time } uur ({ $zone }). Bewaar deze bevestiging goed.
mail_order_number = Bestelnummer
mail_order_date = Besteld op
mail_carrier = Vervoerder
mail_tracking = Track-and-tracecode
mail_rest_follows = Dit is een deel van je bestelling; de rest volgt.
mail_amount = Bedrag
mail_declared_by = Verklaard door
mail_declared_email = E-mailadres
mail_received_at = Ontvangen
mail_received_on = { $date }, { $time } uur ({ $zone })
mail_declaration = Inhoud van de verklaring
mail_declaration_text = Ik herroep de overeenkomst over de koop van de volgende goederen.
mail_items = Artikelen
mail_item_quantity = { $count } ×
mail_goods = Producten
mail_delivery = Bezorging
mail_discounts = Kortingen
mail_total = Totaal
mail_tax_included = waarvan { $rate }% btw
mail_tax_on_top = { $rate }% btw
mail_gift = Cadeau
mail_ship_to = Bezorgadres
mail_bill_to = Factuuradres
mail_payment = Betaling
mail_expected = Verwacht { $from } tot { $to }
mail_expected_on = Verwacht { $date }
mail_see_order = Bestelling bekijken
mail_keep_link = Wie deze link heeft, kan de bestelling zien. Geef hem dus niet door.
mail_why = Je krijgt deze e-mail vanwege een bestelling bij { $store }.
mail_questions = Vragen? Schrijf ons:
