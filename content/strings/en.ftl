# Words of the shop. The theme names the ones it needs in templates/strings.toml.

## Getting around

skip_to_content = Skip to content
menu = Menu
main_menu = Main menu
breadcrumb = You are here
search = Search
cart = Cart
language = Language
change_country = Change country
home = Home
on_this_page = On this page
pages = Pages
previous_page = Previous
next_page = Next
page_of = Page { $page } of { $pages }
page_title = { $title }, page { $page } of { $pages }
title_with_store = { $title } | { $store }

## Home

our_promises = What you can count on
shop_by_category = Find your way to bed
featured = What we sleep on
about_us = About us

## Listings

products = Products
subcategories = Narrow it down
product_count =
    { $count ->
        [one] { $count } product
       *[other] { $count } products
    }
category_empty = There is nothing here at the moment. Look in again soon.
badge_new = New
badge_save = −{ $percent } %

## Prices

price_from = from { $price }
price_now = Now
price_before = Before
save_amount = You save { $amount }
prior_price = Lowest price of the last 30 days: { $price }
note_vat_included = Including VAT.
note_vat_on_top = Plus VAT.
note_delivery_extra = Delivery is added at the checkout.
delivery_link = Delivery and costs

## Product

pictures = Pictures
show_picture = Show picture
description = Description
specifications = The details
quantity = Quantity
add_to_cart = Add to cart
sold_out = Sold out
not_available = not available
whats_inside = What is inside
part_quantity = { $count } ×
related_products = Goes well with it
yes = Yes
no = No

## Availability and delivery

availability_in = In stock
availability_low = Only a few left
availability_out = Sold out at the moment
availability_backorder = Made to order
delivery_days = Delivered in { $from } to { $to } working days
delivery_parcel = Parcel
delivery_freight = Two-person delivery
free_delivery = Free delivery
free_delivery_from = Free delivery from { $amount }
free_returns = Free returns

## Promises

announcement_returns = Sleep on it: { $days } nights to try, with free returns
point_returns_title =
    { $days ->
        [one] { $days } night to try
       *[other] { $days } nights to try
    }
point_returns_text =
    { $days ->
        [one] Not yours? Send it back within a day.
       *[other] Not yours? Send it back within { $days } days.
    }
point_delivery_text = At your door in { $from } to { $to } working days.
point_guarantee_title =
    { $years ->
        [one] { $years } year guarantee
       *[other] { $years } years guarantee
    }
point_payment_title = Pay as you like
point_payment_text = { $methods }

## Reviews

reviews = Reviews
review_count =
    { $count ->
        [one] { $count } review
       *[other] { $count } reviews
    }
rating_label = { $value } out of 5 stars
rating_table = How the ratings are spread
stars = stars
verified_buyer = Verified buyer

## Pages of text

updated_on = Updated on { $date }
as_of = As of { $date }
callout_tip = Good to know
callout_note = Note
callout_warning = Please note
still_a_question = Is there something else?
contact_us = Write to us
sample_notice = This is a sample shop. Nothing can be bought here, and its legal texts are examples.

## Footer

footer_help = Help
footer_shop = Shop
footer_company = Nimbus
payment_methods = Ways to pay
payment_apple_pay = Apple Pay
payment_bank_transfer = Bank transfer
payment_card = Card
payment_cash_on_delivery = Cash on delivery
payment_invoice = Invoice
payment_konbini = Konbini
payment_paypal = PayPal
payment_twint = TWINT
copyright = © { $year } { $name }

## Elsewhere

chooser_title = Where do you sleep?
chooser_lead = Choose your country and your language.
not_found_title = There is nothing at this address
not_found_text = The page may have moved, or the address has a small mistake in it. From here you find your way back.
redirect_label = This page has moved

## Units

unit_celsius = { $value } °C
unit_cm = { $value } cm
unit_g = { $value } g
unit_gsm = { $value } g/m²
unit_kg = { $value } kg
unit_years =
    { $count ->
        [one] { $count } year
       *[other] { $count } years
    }

## E-mails

mail_order_received_subject = Your order { $number } at { $store }
mail_order_received_title = Thank you for your order
mail_order_received_lead = We have received your order and are getting it ready. This e-mail confirms what you bought and what it costs.
mail_payment_failed_subject = The payment for order { $number } failed
mail_payment_failed_title = Your payment did not go through
mail_payment_failed_lead = { $amount } could not be charged, and no money was taken. The order is cancelled; what you chose is in your cart again, and you can try once more.
mail_shipped_subject = Your order { $number } is on its way
mail_shipped_title = It is on its way
mail_shipped_lead = We have handed the following items over to { $carrier }.
mail_refunded_subject = Money back for order { $number }
mail_refunded_title = Your money is on its way back
mail_refunded_lead = We have paid { $amount } back to you, in the way you paid. It may take a few days until your bank shows it.
mail_withdrawal_received_subject = We have received your withdrawal from order { $number }
mail_withdrawal_received_title = Receipt of your withdrawal
mail_withdrawal_received_lead = We received your declaration that you withdraw from the contract on { $date } at { $time } ({ $zone }). Please keep this confirmation.
mail_order_number = Order number
mail_order_date = Ordered on
mail_carrier = Carrier
mail_tracking = Tracking number
mail_rest_follows = This is a part of your order; the rest follows.
mail_amount = Amount
mail_declared_by = Declared by
mail_declared_email = E-mail address
mail_received_at = Received
mail_received_on = { $date }, { $time } ({ $zone })
mail_declaration = Content of the declaration
mail_declaration_text = I withdraw from the contract for the purchase of the following goods.
mail_items = Items
mail_item_quantity = { $count } ×
mail_goods = Goods
mail_delivery = Delivery
mail_discounts = Discounts
mail_total = Total
mail_tax_included = of which { $rate }% tax
mail_tax_on_top = { $rate }% tax
mail_gift = Gift
mail_ship_to = Delivery address
mail_bill_to = Billing address
mail_payment = Payment
mail_expected = Expected { $from } to { $to }
mail_expected_on = Expected { $date }
mail_see_order = See your order
mail_keep_link = Whoever has this link can see the order, so please don't pass it on.
mail_why = You get this e-mail because of an order at { $store }.
mail_questions = Questions? Write to us:
