# What differs in the United States; everything else is in en.ftl.

## Prices

note_vat_included = Including sales tax.
note_vat_on_top = Plus sales tax where your state has one.
note_delivery_extra = Shipping is added at the checkout.
delivery_link = Shipping and costs

## Availability and delivery

delivery_days = Delivered in { $from } to { $to } business days
free_delivery = Free shipping
free_delivery_from = Free shipping from { $amount }

## Promises

point_delivery_text = At your door in { $from } to { $to } business days.
point_guarantee_title =
    { $years ->
        [one] { $years }-year warranty
       *[other] { $years }-year warranty
    }

## E-mails

mail_delivery = Shipping
mail_ship_to = Shipping address
mail_tax_on_top = { $rate }% sales tax
