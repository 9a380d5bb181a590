import type { admin as english } from "../en/admin.ts";

export const admin: Record<keyof typeof english, string> = {
  "refusal.guild-paused":
    "このサーバーの管理者がボットを一時停止しています。再開後にもう一度お試しください。",
  "refusal.rule-long": "単語またはパターンは{max}文字までです。これは{length}文字あります。",
  "refusal.rule-empty": "検索できる文字や数字が含まれていません。",
  "refusal.rule-many": "このサーバーにはこの種類のルールがすでに{max}件あり、上限です。",
  "refusal.pattern-invalid":
    "ここで使える正規表現ではありません: {problem}。すべての文章を線形時間で検査するため、先読み・後読みと後方参照は使えません。",
  "refusal.pattern-large":
    "このパターンは大きすぎます: {size}ステップ必要ですが、上限は{max}です。繰り返しを減らしてください。",
  "refusal.pattern-matches-all":
    "このパターンは空の文章にも一致するため、すべてが拒否されてしまいます。",
  "refusal.setting": "{name}をその値に設定できません: {problem}。",
  "refusal.style-many": "このサーバー独自のスタイルはすでに{max}件あり、上限です。",
  "refusal.style-name": "スタイルには1~{max}文字の名前が必要です。",
  "refusal.style-template":
    "テンプレートには、プロンプトが入る位置に '{prompt}' と書いてください。例: a watercolour painting of '{prompt}'",
  "refusal.style-long": "テンプレートとネガティブプロンプトは{max}文字までです。",
  "refusal.style-unknown": "「{name}」というこのサーバー独自のスタイルはありません。",
  "refusal.rule-unknown":
    "そのルールはこのサーバーにありません:「{text}」。/管理 禁止語 一覧 をご覧ください。",
  "refusal.ceiling":
    "ボットの所有者がこのサーバーに割り当てているのは{period, select, minute {1分} hour {1時間} day {1日} month {1か月} other {合計}}{credits, number}クレジットです。それを超える上限は設定できません。",
  "refusal.guild-unknown":
    "ID {id} のサーバーにボットが参加したことはありません。入力中に表示される一覧から選んでください。",
  "refusal.block-self": "自分自身をブロックすることはできません。",
  "refusal.job-unknown":
    "そのようなリクエストはここにありません。入力中に表示される一覧から選んでください。一覧が空なら、実行中や待機中のものはありません。",
  "refusal.scope-only":
    "{what, select, server {サーバー} other {ユーザー}}を指定できるのは、範囲が「{scope}」のときだけです。",
  "refusal.report-gone":
    "その通報はもう保存されていません。保存期間が過ぎたか、別のサーバーのものです。",
  "refusal.not-admin": "このサーバーの管理者(「サーバー管理」権限)専用です。",
  "refusal.not-moderator": "このサーバーのモデレーター(「メンバーをタイムアウト」権限)専用です。",
  "refusal.not-owner": "ボットの所有者専用です。",
  "refusal.target": "対象のメンバーまたはロールを指定してください。",
  "refusal.limit-needed":
    "上限のクレジット数を指定するか、「上限なし」を選んで解除してください(どちらか一方)。",
  "refusal.reset-target":
    "メンバーを指定するか、「サーバー全体」を選んでサーバー全体の使用量を帳消しにしてください(どちらか一方)。",
  "refusal.message-link":
    "メッセージのリンクではありません。メッセージのメニューで「メッセージリンクをコピー」を選び、ここに貼り付けてください。",
  "refusal.message-elsewhere": "そのメッセージは別のサーバーにあります。",
  "refusal.not-ours": "それは私のメッセージではありません。",
  "refusal.number": "{name}:「{written}」は整数ではありません。",
  "refusal.range": "{name}:{min, number}から{max, number}までの数を指定してください。",
  "refusal.server-needed": "サーバーを指定するか、そのサーバーで実行してください。",
  "refusal.time":
    "両方の時刻を HH:MM で指定してください(例 22:00、07:30)。解除するには「オフ」だけを選びます。",
  "refusal.time-zone":
    "タイムゾーン「{zone}」はありません。Asia/Tokyo や Europe/Berlin のように書いてください。",
  "admin.before-after": "変更前: {before}\n変更後: {after}",
  "admin.same": "変更なし: {value}",
  "admin.repeated": "すでに実行済みのため、再実行していません。",
  "admin.credits":
    "{credits, plural, other {#クレジット}}{pictures, plural, =-1 {} =0 {(通常の画像1枚未満)} other {(通常の画像約#枚)}}",
  "admin.no-limit": "上限なし",
  "admin.on": "オン",
  "admin.off": "オフ",
  "admin.not-blocked": "利用可",
  "admin.blocked":
    "利用禁止{until, select, none {(解除されるまで)} other {(終了: {until})}}{reason, select, none {} other {: {reason}}}",
  "admin.target-guild": "このサーバー",
  "admin.target-everyone": "各メンバー",
  "admin.limit-title":
    "上限({period, select, minute {1分} hour {1時間} day {1日} month {1か月} other {合計}}): {target}",
  "admin.role-limit":
    "このロールの各メンバーに適用されます。複数ある場合は最も大きい上限が有効です。",
  "admin.grant-title": "追加クレジット: {target}",
  "admin.grant-expires":
    "{when, select, never {有効期限はありません。} other {{when}に失効します。}}上限に空きがないときに使われます。",
  "admin.grant-role":
    "このロールのメンバーで共有します。{when, select, never {有効期限はありません。} other {{when}に失効します。}}",
  "admin.reset-title": "これまでの使用量: {target}",
  "admin.reset-remark": "描画中の分と、ボット所有者が定めた上限は引き続き数えられます。",
  "admin.exempt-title": "上限の免除: {target}",
  "admin.exempt-remark": "このサーバーの上限のみ免除され、ボット所有者の上限は引き続き有効です。",
  "admin.quota-title": "{target}の設定",
  "admin.own-limit":
    "上限({period, select, minute {1分} hour {1時間} day {1日} month {1か月} other {合計}}): {limit}",
  "admin.ceiling":
    "ボット所有者によるサーバー全体の上限({period, select, minute {1分} hour {1時間} day {1日} month {1か月} other {合計}}): {limit}",
  "admin.is-exempt": "このサーバーの上限を免除",
  "admin.grant-line": "追加: {credits}{when, select, never {} other {(失効: {when})}}",
  "admin.window":
    "{scope, select, global {全員の合計} guild_ceiling {所有者によるサーバー上限} guild {このサーバー} guild_user {ここ} other {全体}}、{period, select, minute {1分} hour {1時間} day {1日} month {1か月} other {合計}}: {used} / {limit}{renews, select, never {} other {({renews}に回復)}}",
  "admin.nothing-limits": "上限はありません。",
  "admin.history-title": "記録: {target}",
  "admin.history-empty": "まだ記録はありません。",
  "admin.export-lines": "{count, plural, other {#件}}(古い順)",
  "admin.ledger-line":
    "{when}: {kind, select, hold {確保} settle {請求} release {返却} reset {帳消し} grant {付与} expire {失効} other {{kind}}} {credits, number}{user, select, none {} other { · {user}}}{actor, select, none {} other {(実行: {actor})}}",
  "admin.block-title": "{user}の利用",
  "admin.channel-title": "{channel}での利用",
  "admin.channel-allowed": "許可",
  "admin.channel-denied": "禁止",
  "admin.channel-none": "ルールなし",
  "admin.channel-remark": "許可されたチャンネルがある場合、そこでのみ利用できます。",
  "admin.channels-title": "利用できるチャンネル",
  "admin.channels-empty": "すべてのチャンネル。",
  "admin.role-title": "{role}の利用",
  "admin.role-remark": "許可されたロールがある場合、そのメンバーだけが利用できます。",
  "admin.roles-title": "利用できるロール",
  "admin.roles-empty": "全員。",
  "admin.word-title": "ルール {text}",
  "admin.word-none": "ルールなし",
  "admin.word-is-word": "単語として拒否: {text}",
  "admin.word-is-pattern": "パターンとして拒否: {text}",
  "admin.words-title": "このサーバーの禁止語",
  "admin.words-patterns": "パターン: {patterns}",
  "admin.words-more": "{count, plural, other {ほか#件}}",
  "admin.words-empty": "このサーバー独自のルールはありません。",
  "admin.words-starter": "年齢制限のないチャンネルでは、内蔵の禁止語リストも有効です。",
  "admin.test-title": "テスト",
  "admin.test-allowed": "この文章は許可されます。",
  "admin.test-refused":
    "この文章は拒否されます: {found}({source, select, builtin {内蔵リスト} pattern {パターン {rule}} other {単語 {rule}}})",
  "admin.test-open": "一般のチャンネルとして確認しました。",
  "admin.test-restricted": "年齢制限チャンネルとして確認しました。",
  "admin.pause-title": "このサーバーでの一時停止",
  "admin.pause-remark": "待機中の依頼は描画されます。/管理 順番待ち 消去 でキャンセルできます。",
  "admin.clear-title": "このサーバーの順番待ち",
  "admin.waiting": "{count, plural, =0 {待機なし} other {#件待機中}}",
  "admin.clear-remark":
    "料金は発生していません。描画中のものは /管理 順番待ち キャンセル でキャンセルできます。",
  "admin.cancel-title": "{user}の依頼",
  "admin.job-state":
    "{state, select, waiting {待機中} running {描画中} cancelled {キャンセル済み} other {{state}}}",
  "admin.style-title": "スタイル {name}",
  "admin.style-none": "なし",
  "admin.styles-title": "ここで選べるスタイル",
  "admin.delete-title": "メッセージ",
  "admin.deleted": "画像とともに削除しました",
  "admin.usage-title": "過去{count, plural, other {#日間}}の利用状況",
  "admin.usage-pictures": "枚数",
  "admin.usage-credits": "クレジット",
  "admin.usage-waiting": "待ち時間の中央値(秒)",
  "admin.usage-top": "クレジット使用量上位",
  "admin.usage-nothing": "描画はありません。",
  "admin.usage-summary": "{count, plural, other {#枚}}",
  "admin.usage-remark": "日付はこのサーバーのタイムゾーン({zone})によります。",
  "admin.audit-title": "変更の記録({page, number}ページ)",
  "admin.audit-empty": "このページには何もありません。",
  "admin.audit-line":
    "{when} {actor}: {action} {target}: {same, select, yes {変更なし、{after}} other {{before} → {after}}}{reason, select, none {} other {({reason})}}",
};
