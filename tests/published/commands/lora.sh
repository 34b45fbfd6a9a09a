# Single LoRA
python run_gradio.py --model-config config.json --ckpt-path model.ckpt --lora-ckpt-path lora.safetensors

# Multiple LoRAs
python run_gradio.py --model-config config.json --ckpt-path model.ckpt \
    --lora-ckpt-path style_a.safetensors style_b.safetensors
