"""Side-by-side timings against LightFM, implicit and Surprise: see README.md beside this file."""
