# Words of the shop. The theme names the ones it needs in templates/strings.toml.

## Getting around

skip_to_content = Aller au contenu
menu = Menu
main_menu = Menu principal
breadcrumb = Vous êtes ici
search = Recherche
cart = Panier
language = Langue
change_country = Changer de pays
home = Accueil
on_this_page = Sur cette page
pages = Pages
previous_page = Précédente
next_page = Suivante
page_of = Page { $page } sur { $pages }
page_title = { $title }, page { $page } sur { $pages }
title_with_store = { $title } | { $store }

## Home

our_promises = Ce sur quoi vous pouvez compter
shop_by_category = Le chemin du lit
featured = Sur quoi nous dormons
about_us = Qui nous sommes

## Listings

products = Produits
subcategories = Préciser
product_count =
    { $count ->
        [one] { $count } produit
       *[other] { $count } produits
    }
category_empty = Il n’y a rien ici pour le moment. Revenez bientôt.
badge_new = Nouveau
badge_save = −{ $percent } %

## Prices

price_from = dès { $price }
price_now = Maintenant
price_before = Avant
save_amount = Vous économisez { $amount }
prior_price = Prix le plus bas des 30 derniers jours : { $price }
note_vat_included = TVA comprise.
note_vat_on_top = TVA en sus.
note_delivery_extra = La livraison s’ajoute au moment de payer.
delivery_link = Livraison et frais

## Product

pictures = Photos
show_picture = Afficher la photo
description = Description
specifications = Caractéristiques
quantity = Quantité
add_to_cart = Ajouter au panier
sold_out = Épuisé
not_available = non disponible
whats_inside = Contenu de l’ensemble
part_quantity = { $count } ×
related_products = Va bien avec
yes = Oui
no = Non

## Availability and delivery

availability_in = En stock
availability_low = Il n’en reste que peu
availability_out = Épuisé pour le moment
availability_backorder = Fabriqué sur commande
delivery_days = Livraison en { $from } à { $to } jours ouvrables
delivery_parcel = Colis
delivery_freight = Transporteur à deux personnes
free_delivery = Livraison gratuite
free_delivery_from = Livraison gratuite dès { $amount }
free_returns = Retours gratuits

## Promises

announcement_returns = La nuit porte conseil : { $days } nuits d’essai, retours gratuits
point_returns_title =
    { $days ->
        [one] { $days } nuit d’essai
       *[other] { $days } nuits d’essai
    }
point_returns_text =
    { $days ->
        [one] Pas pour vous ? Renvoyez-le dans un délai d’un jour.
       *[other] Pas pour vous ? Renvoyez-le dans les { $days } jours.
    }
point_delivery_text = À votre porte en { $from } à { $to } jours ouvrables.
point_guarantee_title =
    { $years ->
        [one] { $years } an de garantie
       *[other] { $years } ans de garantie
    }
point_payment_title = Payez comme il vous plaît
point_payment_text = { $methods }

## Reviews

reviews = Avis
review_count =
    { $count ->
        [one] { $count } avis
       *[other] { $count } avis
    }
rating_label = { $value } étoiles sur 5
rating_table = Répartition des notes
stars = étoiles
verified_buyer = Achat vérifié

## Pages of text

updated_on = Mis à jour le { $date }
as_of = État au { $date }
callout_tip = Bon à savoir
callout_note = Remarque
callout_warning = Attention
still_a_question = Une autre question ?
contact_us = Écrivez-nous
sample_notice = Ceci est une boutique d’exemple. Rien ne peut y être acheté, et ses textes juridiques sont des modèles.

## Footer

footer_help = Aide
footer_shop = Boutique
footer_company = Nimbus
payment_methods = Moyens de paiement
payment_apple_pay = Apple Pay
payment_bank_transfer = Virement bancaire
payment_card = Carte
payment_cash_on_delivery = Paiement à la livraison
payment_invoice = Facture
payment_konbini = Konbini
payment_paypal = PayPal
payment_twint = TWINT
copyright = © { $year } { $name }

## Elsewhere

chooser_title = Où dormez-vous ?
chooser_lead = Choisissez votre pays et votre langue.
not_found_title = Il n’y a rien à cette adresse
not_found_text = La page a peut-être déménagé, ou une petite erreur s’est glissée dans l’adresse. D’ici, vous retrouverez votre chemin.
redirect_label = Cette page a déménagé

## Units

unit_celsius = { $value } °C
unit_cm = { $value } cm
unit_g = { $value } g
unit_gsm = { $value } g/m²
unit_kg = { $value } kg
unit_years =
    { $count ->
        [one] { $count } an
       *[other] { $count } ans
    }

## E-mails

mail_order_received_subject = Votre commande { $number } chez { $store }
mail_order_received_title = Merci pour votre commande
mail_order_received_lead = Nous avons bien reçu votre commande et nous la préparons. Cet e-mail confirme ce que vous avez acheté et ce que cela coûte.
mail_payment_failed_subject = Le paiement de la commande { $number } a échoué
mail_payment_failed_title = Votre paiement n’a pas abouti
mail_payment_failed_lead = { $amount } n’ont pas pu être débités et aucune somme n’a été prélevée. La commande est annulée ; votre choix est de nouveau dans votre panier et vous pouvez réessayer.
mail_shipped_subject = Votre commande { $number } est en route
mail_shipped_title = Elle est en route
mail_shipped_lead = Nous avons remis les articles suivants à { $carrier }.
mail_refunded_subject = Remboursement de la commande { $number }
mail_refunded_title = Votre remboursement est en route
mail_refunded_lead = Nous vous avons remboursé { $amount } par le moyen de paiement que vous aviez choisi. Quelques jours peuvent passer avant que votre banque ne l’affiche.
mail_withdrawal_received_subject = Nous avons reçu votre rétractation pour la commande { $number }
mail_withdrawal_received_title = Accusé de réception de votre rétractation
mail_withdrawal_received_lead = Nous avons reçu votre déclaration de rétractation le { $date } à { $time } ({ $zone }). Veuillez conserver cet accusé de réception.
mail_order_number = Numéro de commande
mail_order_date = Commandé le
mail_carrier = Transporteur
mail_tracking = Numéro de suivi
mail_rest_follows = C’est une partie de votre commande ; le reste suit.
mail_amount = Montant
mail_declared_by = Déclarée par
mail_declared_email = Adresse e-mail
mail_received_at = Reçue
mail_received_on = { $date }, { $time } ({ $zone })
mail_declaration = Contenu de la déclaration
mail_declaration_text = Je me rétracte du contrat portant sur l’achat des biens suivants.
mail_items = Articles
mail_item_quantity = { $count } ×
mail_goods = Articles
mail_delivery = Livraison
mail_discounts = Remises
mail_total = Total
mail_tax_included = dont { $rate } % de taxe
mail_tax_on_top = Taxe de { $rate } %
mail_gift = Cadeau
mail_ship_to = Adresse de livraison
mail_bill_to = Adresse de facturation
mail_payment = Paiement
mail_expected = Prévue du { $from } au { $to }
mail_expected_on = Prévue le { $date }
mail_see_order = Voir la commande
mail_keep_link = Toute personne qui a ce lien peut voir la commande : ne le transmettez pas.
mail_why = Vous recevez cet e-mail au sujet d’une commande chez { $store }.
mail_questions = Des questions ? Écrivez-nous :
