/** What is wrong with a request that the drawing itself could not take. */
export const problems = {
  "problem.already-large":
    "That picture has {width} × {height} pixels already; at {wanted} nothing would be gained.",
  "problem.image-animated": "That picture is animated; choose a still one.",
  "problem.image-bytes": "That picture's file is larger than {mebibytes} MiB.",
  "problem.image-damaged": "That picture's file is damaged. Save it anew and try again.",
  "problem.image-elsewhere": "Only pictures that were sent in Discord can be used.",
  "problem.image-kind": "That is not a picture that I can read. These can be used: {kinds}.",
  "problem.image-pixels": "That picture has {width} × {height} pixels; at most {max} are read.",
  "problem.prompt-length":
    "The prompt has {length} characters; at most {max} are read. Say it in fewer words.",
  "problem.invalid-option": "{message}",
  "problem.invalid-prompt": "{message}",
  "problem.invalid-image": "{message}",
  "problem.not-supported": "{message}",
  "problem.memory": "The graphics card ran out of memory. Try a smaller size or fewer pictures.",
  "problem.model":
    "This model cannot be used at the moment. Tell the bot's owner, whose log says why; another model may work.",
  "problem.disk":
    "The bot's disk cannot be read or written. Tell the bot's owner, whose log says why.",
  "problem.network":
    "Something that the bot needs could not be fetched. Tell the bot's owner, whose log says why.",
} as const;
