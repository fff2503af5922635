# Words of the shop. The theme names the ones it needs in templates/strings.toml.

## Getting around

skip_to_content = 本文へ移動
menu = メニュー
main_menu = メインメニュー
breadcrumb = 現在の位置
search = 検索
cart = カート
language = 言語
change_country = 国を変更
home = ホーム
on_this_page = このページの内容
pages = ページ
previous_page = 前へ
next_page = 次へ
page_of = { $pages }ページ中{ $page }ページ目
page_title = { $title }（{ $page }/{ $pages }ページ）
title_with_store = { $title } | { $store }

## Home

our_promises = Nimbusのお約束
shop_by_category = 眠りに必要なものを選ぶ
featured = 私たちが使っているもの
about_us = 私たちのこと

## Listings

products = 商品
subcategories = 絞り込む
product_count =
    { $count ->
       *[other] { $count }点の商品
    }
category_empty = ただいま商品がありません。またのちほどご覧ください。
badge_new = 新着
badge_save = { $percent }%オフ

## Prices

price_from = { $price }から
price_now = 現在の価格
price_before = 元の価格
save_amount = { $amount }お得
prior_price = 過去30日間の最低価格：{ $price }
note_vat_included = 消費税込み。
note_vat_on_top = 税別。
note_delivery_extra = 送料はご注文手続きで加算されます。
delivery_link = 配送と送料

## Product

pictures = 写真
show_picture = 写真を表示
description = 商品説明
specifications = 仕様
quantity = 数量
add_to_cart = カートに入れる
sold_out = 売り切れ
not_available = 取り扱いなし
whats_inside = セットの内容
part_quantity = { $count }×
related_products = 合わせて使いたいもの
yes = はい
no = いいえ

## Availability and delivery

availability_in = 在庫あり
availability_low = 残りわずか
availability_out = ただいま売り切れ
availability_backorder = 受注生産
delivery_days = { $from }〜{ $to }営業日でお届け
delivery_parcel = 宅配便
delivery_freight = 大型便（2名でお届け）
free_delivery = 送料無料
free_delivery_from = { $amount }以上で送料無料
free_returns = 返品無料

## Promises

# Returns cost something in Japan, so nothing here calls them free.
announcement_returns = ご自宅で{ $days }夜、眠って試せます
point_returns_title =
    { $days ->
       *[other] { $days }夜のお試し
    }
point_returns_text =
    { $days ->
       *[other] 合わなければ、{ $days }日以内にご返品ください。
    }
point_delivery_text = { $from }〜{ $to }営業日で玄関先へ。
point_guarantee_title =
    { $years ->
       *[other] { $years }年保証
    }
point_payment_title = お好きな方法でお支払い
point_payment_text = { $methods }

## Reviews

reviews = レビュー
review_count =
    { $count ->
       *[other] レビュー{ $count }件
    }
rating_label = 5つ星中{ $value }
rating_table = 評価の内訳
stars = つ星
verified_buyer = 購入者

## Pages of text

updated_on = 更新日：{ $date }
as_of = { $date }現在
callout_tip = 知っておくと便利
callout_note = ご案内
callout_warning = ご注意
still_a_question = ほかにご質問はありますか？
contact_us = お問い合わせ
sample_notice = これはサンプルのショップです。商品の購入はできません。法的な文章は見本です。

## Footer

footer_help = ヘルプ
footer_shop = ショップ
footer_company = Nimbus
payment_methods = お支払い方法
payment_apple_pay = Apple Pay
payment_bank_transfer = 銀行振込
payment_card = クレジットカード
payment_cash_on_delivery = 代金引換
payment_invoice = 請求書払い
payment_konbini = コンビニ決済
payment_paypal = PayPal
payment_twint = TWINT
copyright = © { $year } { $name }

## Elsewhere

chooser_title = どちらでお休みですか？
chooser_lead = 国と言語をお選びください。
not_found_title = このアドレスにページはありません
not_found_text = ページが移動したか、アドレスに小さな間違いがあるのかもしれません。ここからお探しのページへ戻れます。
redirect_label = このページは移動しました

## Units

unit_celsius = { $value }°C
unit_cm = { $value }cm
unit_g = { $value }g
unit_gsm = { $value }g/m²
unit_kg = { $value }kg
unit_years =
    { $count ->
       *[other] { $count }年
    }

## お知らせメール

mail_order_received_subject = { $store } ご注文 { $number } を承りました
mail_order_received_title = ご注文ありがとうございます
mail_order_received_lead = ご注文を承り、ただいま準備しております。ご購入の内容と代金を、このメールで確認いただけます。
mail_payment_failed_subject = ご注文 { $number } のお支払いができませんでした
mail_payment_failed_title = お支払いが完了しませんでした
mail_payment_failed_lead = { $amount } のお支払いができず、代金は引き落とされていません。ご注文は取り消されました。お選びの商品はカートに戻っていますので、もう一度お試しいただけます。
mail_shipped_subject = ご注文 { $number } を発送しました
mail_shipped_title = 発送しました
mail_shipped_lead = 次の商品を { $carrier } に引き渡しました。
mail_refunded_subject = ご注文 { $number } の返金について
mail_refunded_title = 返金いたしました
mail_refunded_lead = { $amount } を、お支払いと同じ方法で返金いたしました。反映まで数日かかることがあります。
mail_withdrawal_received_subject = ご注文 { $number } の契約撤回を受け付けました
mail_withdrawal_received_title = 契約撤回の受付確認
mail_withdrawal_received_lead = 契約を撤回する旨のお申し出を、{ $date } { $time }（{ $zone }）に受け付けました。このメールを控えとして保管してください。
mail_order_number = 注文番号
mail_order_date = 注文日
mail_carrier = 配送業者
mail_tracking = お問い合わせ番号
mail_rest_follows = ご注文の一部です。残りは追ってお届けします。
mail_amount = 金額
mail_declared_by = お申し出された方
mail_declared_email = メールアドレス
mail_received_at = 受付日時
mail_received_on = { $date } { $time }（{ $zone }）
mail_declaration = お申し出の内容
mail_declaration_text = 次の商品の購入契約を撤回します。
mail_items = 商品
mail_item_quantity = { $count }×
mail_goods = 商品代金
mail_delivery = 配送
mail_discounts = 割引
mail_total = 合計
mail_tax_included = うち税 { $rate }%
mail_tax_on_top = 税 { $rate }%
mail_gift = プレゼント
mail_ship_to = お届け先
mail_bill_to = ご請求先
mail_payment = お支払い
mail_expected = お届け予定 { $from }～{ $to }
mail_expected_on = お届け予定 { $date }
mail_see_order = ご注文を見る
mail_keep_link = このリンクがあれば誰でもご注文を見られます。ほかの方に渡さないでください。
mail_why = このメールは { $store } でのご注文についてお送りしています。
mail_questions = ご質問はこちらへ：
