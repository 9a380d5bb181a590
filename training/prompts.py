"""Captions to embeddings exactly as SanaPipeline sees them, with the shared instruction encoded once per batch.

The pipeline tokenises instruction + prompt as one text and keeps <bos> and the tokens from the instruction's last
one on (that one is the "▁" which merges with the prompt's first word). The tokens before it are the same for every
prompt and causal attention lets nothing flow back, so their keys and values can be shared.
"""

from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import DynamicCache

from export import MAX_SEQUENCE_LENGTH
from tokenizer import INSTRUCTION

PAD = 0


class Prompts:
    def __init__(self, tokenizer_dir):
        self.tokenizer = Tokenizer.from_file(str(Path(tokenizer_dir) / "tokenizer.json"))
        self.prefix = self.tokenizer.encode(INSTRUCTION).ids[:-1]

    def ids(self, caption):
        """Token ids after the shared prefix; none for the null caption, of which only <bos> remains."""
        if caption is None:
            return []
        ids = self.tokenizer.encode(INSTRUCTION + caption).ids
        assert ids[:len(self.prefix)] == self.prefix
        return ids[len(self.prefix):][:MAX_SEQUENCE_LENGTH - 1]

    def batch(self, captions):
        """ids and mask, both [batch, longest], right-padded."""
        rows = [self.ids(caption) for caption in captions]
        longest = max(1, *(len(row) for row in rows))
        ids = torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
        return ids, mask

    def encode(self, text_encoder, captions):
        """Embeddings [batch, 1 + longest, width] of <bos> and the caption's tokens, and their mask."""
        ids, mask = self.batch(captions)
        cache = DynamicCache(config=text_encoder.config)
        first = text_encoder(torch.tensor([self.prefix]), past_key_values=cache, use_cache=True).last_hidden_state
        cache.batch_repeat_interleave(len(captions))
        whole_mask = torch.cat([mask.new_ones(len(captions), len(self.prefix)), mask], 1)
        rest = text_encoder(ids, attention_mask=whole_mask, past_key_values=cache, use_cache=True).last_hidden_state
        embeddings = torch.cat([first[:, :1].expand(len(captions), -1, -1), rest], 1)
        return embeddings, torch.cat([mask.new_ones(len(captions), 1), mask], 1)
