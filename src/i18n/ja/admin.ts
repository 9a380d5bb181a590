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
    "そのルールはこのサーバーにありません:「{text}」。/admin words list をご覧ください。",
  "refusal.ceiling":
    "ボットの所有者がこのサーバーに割り当てているのは{period, select, minute {1分} hour {1時間} day {1日} month {1か月} other {合計}}{credits, number}クレジットです。それを超える上限は設定できません。",
  "refusal.guild-unknown": "ID {id} のサーバーにボットが参加したことはありません。",
  "refusal.report-gone":
    "その通報はもう保存されていません。保存期間が過ぎたか、別のサーバーのものです。",
};
