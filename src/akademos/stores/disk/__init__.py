"""The data folder as a folder of files: keys of running erasures, and what is found in every byte."""
