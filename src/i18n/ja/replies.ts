import type { replies as english } from "../en/replies.ts";

export const replies: Record<keyof typeof english, string> = {
  "permission.viewChannel": "チャンネルを見る",
  "permission.sendMessages": "メッセージを送信",
  "permission.embedLinks": "埋め込みリンク",
  "permission.attachFiles": "ファイルを添付",
  "permission.readMessageHistory": "メッセージ履歴を読む",
  "permission.sendMessagesInThreads": "スレッドでメッセージを送信",
  "approval.waits":
    "**{name}**(`{id}`)がBotを追加し、承認を待っています。承認されるまで、そこでは誰も描けません。",
  "approval.approve": "承認",
  "approval.refuse": "拒否",
  "approval.done":
    "サーバー {server} を{state, select, approved {承認しました} other {拒否しました}}。/所有者 サーバー で変更できます。",
  "reply.apology":
    "こちらで問題が起きました。利用枠は減っていません。繰り返す場合は、この番号をBotの所有者に伝えてください: {id}",
  "reply.unknown-command":
    "そのコマンドはもう使えません。Discordを再読み込みしてから、もう一度お試しください。",
  "reply.begun": "プロンプトを読んでいます…",
  "reply.favourite-on": "⭐ お気に入りに追加しました。/履歴 で見られます。",
  "reply.favourite-off": "お気に入りから外しました。",
  "reply.favourite-which": "どの画像ですか?",
  "delete.title": "このカードを削除しますか?",
  "delete.text":
    "カードとその画像は、/履歴 からも含めて、全員に対して削除されます。この操作は取り消せません。",
  "delete.text-one":
    "このカードとその画像は、/履歴 からも含めて、全員に対して削除されます。同じ画像を表示する他のカードは残ります。この操作は取り消せません。",
  "hint.built-in-model":
    "これは内蔵の小さなモデルです。絵文字になっているものを描けます。身近なものほど得意です。本格的な画像には、Botの所有者が `npx sanabot models recommend` を実行してください。",
  "hint.english-prompts":
    "ヒント: {model}は英語がいちばん得意です。英語のプロンプトのほうがよい画像になります。",
};
