# Words of the shop. The theme names the ones it needs in templates/strings.toml.

## Getting around

skip_to_content = انتقال إلى المحتوى
menu = القائمة
main_menu = القائمة الرئيسية
breadcrumb = أنتم هنا
search = بحث
cart = السلة
language = اللغة
change_country = تغيير البلد
home = الرئيسية
on_this_page = في هذه الصفحة
pages = الصفحات
previous_page = السابقة
next_page = التالية
page_of = الصفحة { $page } من { $pages }
page_title = { $title }، الصفحة { $page } من { $pages }
title_with_store = { $title } | { $store }

## Home

our_promises = ما يمكنكم الاعتماد عليه
shop_by_category = طريقكم إلى السرير
featured = ما ننام عليه
about_us = من نحن

## Listings

products = المنتجات
subcategories = تصفية
product_count =
    { $count ->
        [zero] لا منتجات
        [one] منتج واحد
        [two] منتجان
        [few] { $count } منتجات
        [many] { $count } منتجًا
       *[other] { $count } منتج
    }
category_empty = لا يوجد شيء هنا في الوقت الحالي. عودوا قريبًا.
badge_new = جديد
badge_save = خصم { $percent }%

## Prices

price_from = من { $price }
price_now = الآن
price_before = سابقًا
save_amount = توفّرون { $amount }
prior_price = أدنى سعر في آخر 30 يومًا: { $price }
note_vat_included = شامل ضريبة القيمة المضافة.
note_vat_on_top = غير شامل ضريبة القيمة المضافة.
note_delivery_extra = تُضاف كلفة التوصيل عند إتمام الطلب.
delivery_link = التوصيل وكلفته

## Product

pictures = الصور
show_picture = عرض الصورة
description = الوصف
specifications = المواصفات
quantity = الكمية
add_to_cart = إضافة إلى السلة
sold_out = نفدت الكمية
not_available = غير متوفر
whats_inside = محتويات الطقم
part_quantity = { $count } ×
related_products = يناسبه أيضًا
yes = نعم
no = لا

## Availability and delivery

availability_in = متوفر
availability_low = بقي القليل فقط
availability_out = نفدت الكمية حاليًا
availability_backorder = يُصنع عند الطلب
delivery_days = التوصيل خلال { $from } إلى { $to } من أيام العمل
delivery_parcel = طرد
delivery_freight = توصيل بشخصين
free_delivery = توصيل مجاني
free_delivery_from = توصيل مجاني ابتداءً من { $amount }
free_returns = إرجاع مجاني

## Promises

# Returns cost something in the Emirates, so nothing here calls them free.
announcement_returns =
    { $days ->
        [zero] جرّبوه في منزلكم
        [one] ناموا عليه أولًا: ليلة واحدة للتجربة في منزلكم
        [two] ناموا عليه أولًا: ليلتان للتجربة في منزلكم
        [few] ناموا عليه أولًا: { $days } ليالٍ للتجربة في منزلكم
        [many] ناموا عليه أولًا: { $days } ليلة للتجربة في منزلكم
       *[other] ناموا عليه أولًا: { $days } ليلة للتجربة في منزلكم
    }
point_returns_title =
    { $days ->
        [zero] بلا ليالٍ للتجربة
        [one] ليلة واحدة للتجربة
        [two] ليلتان للتجربة
        [few] { $days } ليالٍ للتجربة
        [many] { $days } ليلة للتجربة
       *[other] { $days } ليلة للتجربة
    }
point_returns_text =
    { $days ->
        [zero] لم يناسبكم؟ أعيدوه في اليوم نفسه.
        [one] لم يناسبكم؟ أعيدوه خلال يوم واحد.
        [two] لم يناسبكم؟ أعيدوه خلال يومين.
        [few] لم يناسبكم؟ أعيدوه خلال { $days } أيام.
        [many] لم يناسبكم؟ أعيدوه خلال { $days } يومًا.
       *[other] لم يناسبكم؟ أعيدوه خلال { $days } يوم.
    }
point_delivery_text = عند بابكم خلال { $from } إلى { $to } من أيام العمل.
point_guarantee_title =
    { $years ->
        [zero] بلا ضمان
        [one] ضمان سنة واحدة
        [two] ضمان سنتين
        [few] ضمان { $years } سنوات
        [many] ضمان { $years } سنة
       *[other] ضمان { $years } سنة
    }
point_payment_title = ادفعوا كما يناسبكم
point_payment_text = { $methods }

## Reviews

reviews = التقييمات
review_count =
    { $count ->
        [zero] لا تقييمات
        [one] تقييم واحد
        [two] تقييمان
        [few] { $count } تقييمات
        [many] { $count } تقييمًا
       *[other] { $count } تقييم
    }
rating_label = { $value } من 5 نجوم
rating_table = توزيع التقييمات
stars = نجوم
verified_buyer = مشترٍ موثّق

## Pages of text

updated_on = آخر تحديث: { $date }
as_of = بتاريخ { $date }
callout_tip = معلومة مفيدة
callout_note = ملاحظة
callout_warning = تنبيه
still_a_question = هل لديكم سؤال آخر؟
contact_us = اكتبوا إلينا
sample_notice = هذا متجر نموذجي. لا يمكن شراء شيء هنا، ونصوصه القانونية أمثلة.

## Footer

footer_help = المساعدة
footer_shop = المتجر
footer_company = Nimbus
payment_methods = طرق الدفع
payment_apple_pay = Apple Pay
payment_bank_transfer = تحويل مصرفي
payment_card = بطاقة
payment_cash_on_delivery = الدفع عند الاستلام
payment_invoice = فاتورة
payment_konbini = كونبيني
payment_paypal = PayPal
payment_twint = TWINT
copyright = © { $year } { $name }

## Elsewhere

chooser_title = أين تنامون؟
chooser_lead = اختاروا بلدكم ولغتكم.
not_found_title = لا يوجد شيء في هذا العنوان
not_found_text = ربما انتقلت الصفحة، أو في العنوان خطأ صغير. من هنا تجدون طريق العودة.
redirect_label = انتقلت هذه الصفحة

## Units

unit_celsius = { $value } °م
unit_cm = { $value } سم
unit_g = { $value } غ
unit_gsm = { $value } غ/م²
unit_kg = { $value } كغ
unit_years =
    { $count ->
        [zero] أقل من سنة
        [one] سنة واحدة
        [two] سنتان
        [few] { $count } سنوات
        [many] { $count } سنة
       *[other] { $count } سنة
    }

## الرسائل

mail_order_received_subject = طلبكم { $number } لدى { $store }
mail_order_received_title = شكرًا على طلبكم
mail_order_received_lead = استلمنا طلبكم ونقوم بتجهيزه. تؤكد هذه الرسالة ما اشتريتموه وثمنه.
mail_payment_failed_subject = لم يتم دفع الطلب { $number }
mail_payment_failed_title = لم تتم عملية الدفع
mail_payment_failed_lead = تعذّر تحصيل { $amount } ولم يُخصم أي مبلغ. أُلغي الطلب، وما اخترتموه عاد إلى سلتكم ويمكنكم المحاولة مرة أخرى.
mail_shipped_subject = طلبكم { $number } في الطريق إليكم
mail_shipped_title = طلبكم في الطريق
mail_shipped_lead = سلّمنا المنتجات التالية إلى { $carrier }.
mail_refunded_subject = استرداد مبلغ الطلب { $number }
mail_refunded_title = مبلغكم في طريقه إليكم
mail_refunded_lead = أعدنا إليكم { $amount } بطريقة الدفع نفسها. قد يستغرق ظهوره لدى مصرفكم بضعة أيام.
mail_withdrawal_received_subject = استلمنا طلب عدولكم عن الطلب { $number }
mail_withdrawal_received_title = إشعار باستلام العدول عن العقد
mail_withdrawal_received_lead = استلمنا إقراركم بالعدول عن العقد بتاريخ { $date } الساعة { $time } ({ $zone }). يرجى الاحتفاظ بهذا الإشعار.
mail_order_number = رقم الطلب
mail_order_date = تاريخ الطلب
mail_carrier = شركة الشحن
mail_tracking = رقم التتبع
mail_rest_follows = هذا جزء من طلبكم، والبقية تتبع.
mail_amount = المبلغ
mail_declared_by = مقدّم الإقرار
mail_declared_email = البريد الإلكتروني
mail_received_at = وقت الاستلام
mail_received_on = { $date }، { $time } ({ $zone })
mail_declaration = نص الإقرار
mail_declaration_text = أعدل عن عقد شراء المنتجات التالية.
mail_items = المنتجات
mail_item_quantity = { $count } ×
mail_goods = ثمن المنتجات
mail_delivery = التوصيل
mail_discounts = الخصومات
mail_total = المجموع
mail_tax_included = منه ضريبة { $rate }٪
mail_tax_on_top = ضريبة { $rate }٪
mail_gift = هدية
mail_ship_to = عنوان التوصيل
mail_bill_to = عنوان الفاتورة
mail_payment = الدفع
mail_expected = متوقع من { $from } إلى { $to }
mail_expected_on = متوقع في { $date }
mail_see_order = عرض الطلب
mail_keep_link = كل من لديه هذا الرابط يمكنه رؤية الطلب، فلا تشاركوه مع أحد.
mail_why = وصلتكم هذه الرسالة بسبب طلب لدى { $store }.
mail_questions = لديكم سؤال؟ راسلونا:
