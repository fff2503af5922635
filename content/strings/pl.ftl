# Words of the shop. The theme names the ones it needs in templates/strings.toml.

## Getting around

skip_to_content = Przejdź do treści
menu = Menu
main_menu = Menu główne
breadcrumb = Jesteś tutaj
search = Szukaj
cart = Koszyk
language = Język
change_country = Zmień kraj
home = Strona główna
on_this_page = Na tej stronie
pages = Strony
previous_page = Poprzednia
next_page = Następna
page_of = Strona { $page } z { $pages }
page_title = { $title }, strona { $page } z { $pages }
title_with_store = { $title } | { $store }

## Home

our_promises = Na to możesz liczyć
shop_by_category = Najkrótsza droga do łóżka
featured = Na tym śpimy
about_us = O nas

## Listings

products = Produkty
subcategories = Zawęź wybór
product_count =
    { $count ->
        [one] { $count } produkt
        [few] { $count } produkty
        [many] { $count } produktów
       *[other] { $count } produktu
    }
category_empty = Na razie nic tu nie ma. Zajrzyj za jakiś czas.
badge_new = Nowość
badge_save = −{ $percent }%

## Prices

price_from = od { $price }
price_now = Teraz
price_before = Przedtem
save_amount = Oszczędzasz { $amount }
prior_price = Najniższa cena z 30 dni przed obniżką: { $price }
note_vat_included = Cena zawiera VAT.
note_vat_on_top = Do ceny doliczamy VAT.
note_delivery_extra = Koszt dostawy doliczamy przy składaniu zamówienia.
delivery_link = Dostawa i koszty

## Product

pictures = Zdjęcia
show_picture = Pokaż zdjęcie
description = Opis
specifications = Dane produktu
quantity = Ilość
add_to_cart = Dodaj do koszyka
sold_out = Wyprzedane
not_available = niedostępne
whats_inside = Co jest w środku
part_quantity = { $count } ×
related_products = Dobrze do tego pasuje
yes = Tak
no = Nie

## Availability and delivery

availability_in = W magazynie
availability_low = Zostało tylko kilka sztuk
availability_out = Chwilowo brak
availability_backorder = Robimy na zamówienie
delivery_days = Dostawa w ciągu { $from }–{ $to } dni roboczych
delivery_parcel = Paczka
delivery_freight = Dostawa z wniesieniem
free_delivery = Darmowa dostawa
free_delivery_from = Darmowa dostawa od { $amount }
free_returns = Darmowy zwrot

## Promises

announcement_returns =
    { $days ->
        [one] Prześpij się z tym: { $days } noc na próbę i darmowy zwrot
        [few] Prześpij się z tym: { $days } noce na próbę i darmowy zwrot
        [many] Prześpij się z tym: { $days } nocy na próbę i darmowy zwrot
       *[other] Prześpij się z tym: { $days } nocy na próbę i darmowy zwrot
    }
point_returns_title =
    { $days ->
        [one] { $days } noc na próbę
        [few] { $days } noce na próbę
        [many] { $days } nocy na próbę
       *[other] { $days } nocy na próbę
    }
point_returns_text =
    { $days ->
        [one] Nie pasuje? Odeślij w ciągu { $days } dnia.
        [few] Nie pasuje? Odeślij w ciągu { $days } dni.
        [many] Nie pasuje? Odeślij w ciągu { $days } dni.
       *[other] Nie pasuje? Odeślij w ciągu { $days } dnia.
    }
point_delivery_text = Pod Twoimi drzwiami w ciągu { $from }–{ $to } dni roboczych.
point_guarantee_title =
    { $years ->
        [one] { $years } rok gwarancji
        [few] { $years } lata gwarancji
        [many] { $years } lat gwarancji
       *[other] { $years } roku gwarancji
    }
point_payment_title = Płać tak, jak Ci wygodnie
point_payment_text = { $methods }

## Reviews

reviews = Opinie
review_count =
    { $count ->
        [one] { $count } opinia
        [few] { $count } opinie
        [many] { $count } opinii
       *[other] { $count } opinii
    }
rating_label = { $value } na 5 gwiazdek
rating_table = Rozkład ocen
stars = na 5 gwiazdek
verified_buyer = Potwierdzony zakup

## Pages of text

updated_on = Zaktualizowano { $date }
as_of = Stan na { $date }
callout_tip = Warto wiedzieć
callout_note = Informacja
callout_warning = Uwaga
still_a_question = Masz jeszcze pytanie?
contact_us = Napisz do nas
sample_notice = To jest sklep przykładowy. Nic tu nie kupisz, a teksty prawne służą tylko za wzór.

## Footer

footer_help = Pomoc
footer_shop = Sklep
footer_company = Nimbus
payment_methods = Sposoby płatności
payment_apple_pay = Apple Pay
payment_bank_transfer = Przelew
payment_card = Karta
payment_cash_on_delivery = Płatność przy odbiorze
payment_invoice = Płatność na fakturę
payment_konbini = Konbini
payment_paypal = PayPal
payment_twint = TWINT
copyright = © { $year } { $name }

## Elsewhere

chooser_title = Gdzie śpisz?
chooser_lead = Wybierz kraj i język.
not_found_title = Pod tym adresem nic nie ma
not_found_text = Być może strona zmieniła adres albo wkradła się do niego literówka. Stąd trafisz z powrotem.
redirect_label = Ta strona ma nowy adres

## Units

unit_celsius = { $value } °C
unit_cm = { $value } cm
unit_g = { $value } g
unit_gsm = { $value } g/m²
unit_kg = { $value } kg
unit_years =
    { $count ->
        [one] { $count } rok
        [few] { $count } lata
        [many] { $count } lat
       *[other] { $count } roku
    }

## E-mails

mail_order_received_subject = Twoje zamówienie { $number } w sklepie { $store }
mail_order_received_title = Dziękujemy za zamówienie
mail_order_received_lead = Mamy już Twoje zamówienie i przygotowujemy je do wysyłki. Ten e-mail potwierdza, co obejmuje zakup i ile kosztuje.
mail_payment_failed_subject = Płatność za zamówienie { $number } nie powiodła się
mail_payment_failed_title = Płatność nie doszła do skutku
mail_payment_failed_lead = Nie udało się pobrać kwoty { $amount } i Twoje konto nie zostało obciążone. Zamówienie jest anulowane, ale wybrane produkty znów czekają w koszyku, więc możesz spróbować jeszcze raz.
mail_shipped_subject = Twoje zamówienie { $number } jest w drodze
mail_shipped_title = Przesyłka jest w drodze
mail_shipped_lead = Te produkty są już u przewoźnika: { $carrier }.
mail_refunded_subject = Zwrot pieniędzy za zamówienie { $number }
mail_refunded_title = Twoje pieniądze są w drodze
mail_refunded_lead = Zwróciliśmy Ci { $amount } tą samą drogą, którą opłacono zamówienie. Zanim bank pokaże wpłatę, może minąć kilka dni.
mail_withdrawal_received_subject = Otrzymaliśmy odstąpienie od umowy, zamówienie { $number }
mail_withdrawal_received_title = Potwierdzenie odstąpienia od umowy
mail_withdrawal_received_lead = Twoje oświadczenie o odstąpieniu od umowy dotarło do nas { $date } o godz. { $time } ({ $zone }). Zachowaj to potwierdzenie.
mail_order_number = Numer zamówienia
mail_order_date = Data zamówienia
mail_carrier = Przewoźnik
mail_tracking = Numer przesyłki
mail_rest_follows = To część zamówienia; reszta dotrze osobno.
mail_amount = Kwota
mail_declared_by = Oświadczenie złożone przez
mail_declared_email = Adres e-mail
mail_received_at = Data otrzymania
mail_received_on = { $date }, godz. { $time } ({ $zone })
mail_declaration = Treść oświadczenia
mail_declaration_text = Odstępuję od umowy sprzedaży następujących towarów.
mail_items = Produkty
mail_item_quantity = { $count } ×
mail_goods = Wartość produktów
mail_delivery = Dostawa
mail_discounts = Rabaty
mail_total = Razem
mail_tax_included = w tym podatek { $rate }%
mail_tax_on_top = Podatek { $rate }%
mail_gift = Prezent
mail_ship_to = Adres dostawy
mail_bill_to = Adres do faktury
mail_payment = Płatność
mail_expected = Przewidywana dostawa: od { $from } do { $to }
mail_expected_on = Przewidywana dostawa: { $date }
mail_see_order = Zobacz zamówienie
mail_keep_link = Każdy, kto ma ten link, może zobaczyć zamówienie, dlatego nie przekazuj go nikomu.
mail_why = Otrzymujesz ten e-mail w związku z zamówieniem w sklepie { $store }.
mail_questions = Masz pytania? Napisz do nas:
