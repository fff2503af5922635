# Words of the shop. The theme names the ones it needs in templates/strings.toml.

## Getting around

skip_to_content = Hoppa till innehållet
menu = Meny
main_menu = Huvudmeny
breadcrumb = Du är här
search = Sök
cart = Varukorg
language = Språk
change_country = Byt land
home = Start
on_this_page = På den här sidan
pages = Sidor
previous_page = Föregående
next_page = Nästa
page_of = Sida { $page } av { $pages }
page_title = { $title }, sida { $page } av { $pages }
title_with_store = { $title } | { $store }

## Home

our_promises = Det här kan du räkna med
shop_by_category = Hitta vägen till sängen
featured = Det här sover vi på
about_us = Om oss

## Listings

products = Produkter
subcategories = Begränsa urvalet
product_count =
    { $count ->
        [one] { $count } produkt
       *[other] { $count } produkter
    }
category_empty = Här är det tomt just nu. Titta gärna in igen om ett tag.
badge_new = Nyhet
badge_save = −{ $percent } %

## Prices

price_from = från { $price }
price_now = Nu
price_before = Tidigare
save_amount = Du sparar { $amount }
prior_price = Lägsta pris de senaste 30 dagarna: { $price }
note_vat_included = Inkl. moms.
note_vat_on_top = Moms tillkommer.
note_delivery_extra = Frakt tillkommer i kassan.
delivery_link = Frakt och leverans

## Product

pictures = Bilder
show_picture = Visa bild
description = Beskrivning
specifications = Fakta
quantity = Antal
add_to_cart = Lägg i varukorgen
sold_out = Slutsåld
not_available = finns inte
whats_inside = Det här ingår
part_quantity = { $count } ×
related_products = Passar bra ihop med
yes = Ja
no = Nej

## Availability and delivery

availability_in = I lager
availability_low = Bara några få kvar
availability_out = Slut just nu
availability_backorder = Tillverkas på beställning
delivery_days = Levereras inom { $from }–{ $to } arbetsdagar
delivery_parcel = Paket
delivery_freight = Hemleverans med inbärning
free_delivery = Fri frakt
free_delivery_from = Fri frakt från { $amount }
free_returns = Fri retur

## Promises

announcement_returns = Sov på saken: { $days } nätter på prov, med fri retur
point_returns_title =
    { $days ->
        [one] { $days } natt på prov
       *[other] { $days } nätter på prov
    }
point_returns_text =
    { $days ->
        [one] Inte rätt för dig? Skicka tillbaka inom { $days } dag.
       *[other] Inte rätt för dig? Skicka tillbaka inom { $days } dagar.
    }
point_delivery_text = Hemma hos dig inom { $from }–{ $to } arbetsdagar.
point_guarantee_title =
    { $years ->
        [one] { $years } års garanti
       *[other] { $years } års garanti
    }
point_payment_title = Betala som du vill
point_payment_text = { $methods }

## Reviews

reviews = Omdömen
review_count =
    { $count ->
        [one] { $count } omdöme
       *[other] { $count } omdömen
    }
rating_label = { $value } av 5 stjärnor
rating_table = Så fördelar sig betygen
stars = stjärnor
verified_buyer = Verifierad köpare

## Pages of text

updated_on = Uppdaterad { $date }
as_of = Version från { $date }
callout_tip = Bra att veta
callout_note = Observera
callout_warning = Viktigt
still_a_question = Något du fortfarande undrar över?
contact_us = Skriv till oss
sample_notice = Det här är en exempelbutik. Ingenting går att köpa här, och de juridiska texterna är exempel.

## Footer

footer_help = Hjälp
footer_shop = Butik
footer_company = Nimbus
payment_methods = Betalsätt
payment_apple_pay = Apple Pay
payment_bank_transfer = Banköverföring
payment_card = Kort
payment_cash_on_delivery = Betalning vid leverans
payment_invoice = Faktura
payment_konbini = Konbini
payment_paypal = PayPal
payment_twint = TWINT
copyright = © { $year } { $name }

## Elsewhere

chooser_title = Var sover du?
chooser_lead = Välj land och språk.
not_found_title = Här finns ingenting
not_found_text = Sidan kan ha flyttat, eller så har det smugit sig in ett litet fel i adressen. Härifrån hittar du tillbaka.
redirect_label = Sidan har flyttat

## Units

unit_celsius = { $value } °C
unit_cm = { $value } cm
unit_g = { $value } g
unit_gsm = { $value } g/m²
unit_kg = { $value } kg
unit_years =
    { $count ->
        [one] { $count } år
       *[other] { $count } år
    }

## E-mails

mail_order_received_subject = Din order { $number } hos { $store }
mail_order_received_title = Tack för din beställning
mail_order_received_lead = Vi har tagit emot din beställning och gör den klar. Det här mejlet bekräftar vad du har köpt och vad det kostar.
mail_payment_failed_subject = Betalningen för order { $number } gick inte igenom
mail_payment_failed_title = Din betalning gick inte igenom
mail_payment_failed_lead = { $amount } kunde inte dras, och inga pengar har lämnat ditt konto. Ordern är makulerad. Det du valde ligger i varukorgen igen, så du kan göra ett nytt försök.
mail_shipped_subject = Din order { $number } är på väg
mail_shipped_title = Nu är den på väg
mail_shipped_lead = Vi har lämnat över de här varorna till { $carrier }.
mail_refunded_subject = Pengar tillbaka för order { $number }
mail_refunded_title = Dina pengar är på väg tillbaka
mail_refunded_lead = Vi har betalat tillbaka { $amount } till dig, på samma sätt som du betalade. Det kan dröja några dagar innan beloppet syns hos banken.
mail_withdrawal_received_subject = Vi har fått ditt meddelande om att du ångrar order { $number }
mail_withdrawal_received_title = Bekräftelse: du har ångrat ditt köp
mail_withdrawal_received_lead = Den { $date } kl. { $time } ({ $zone }) tog vi emot ditt meddelande om att du frånträder avtalet. Spara den här bekräftelsen.
mail_order_number = Ordernummer
mail_order_date = Orderdatum
mail_carrier = Transportör
mail_tracking = Spårningsnummer
mail_rest_follows = Det här är en del av din beställning, resten kommer senare.
mail_amount = Belopp
mail_declared_by = Lämnat av
mail_declared_email = E-postadress
mail_received_at = Mottaget
mail_received_on = { $date }, { $time } ({ $zone })
mail_declaration = Meddelandets innehåll
mail_declaration_text = Jag frånträder avtalet om köp av följande varor.
mail_items = Artiklar
mail_item_quantity = { $count } ×
mail_goods = Varor
mail_delivery = Frakt
mail_discounts = Rabatter
mail_total = Totalt
mail_tax_included = varav { $rate } % moms
mail_tax_on_top = { $rate } % moms
mail_gift = Gåva
mail_ship_to = Leveransadress
mail_bill_to = Fakturaadress
mail_payment = Betalning
mail_expected = Beräknad leverans { $from } till { $to }
mail_expected_on = Beräknad leverans { $date }
mail_see_order = Se din order
mail_keep_link = Alla som har den här länken kan se ordern, så dela den inte med någon.
mail_why = Du får det här mejlet på grund av en beställning hos { $store }.
mail_questions = Frågor? Skriv till oss:
